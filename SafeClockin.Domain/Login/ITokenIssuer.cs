namespace SafeClockin.Domain.Login;

/// <summary>Makes the tokens by which later requests are recognised.</summary>
public interface ITokenIssuer
{
    /// <summary>Which setting keeps tokens from being made, for the operator; null when none does.</summary>
    string? ConfigurationError { get; }

    /// <summary>A token for seven days. Its bearer cannot read the session_key in it.</summary>
    string Issue(WeChatSession session);
}
