namespace SafeClockin.Domain.Login;

/// <summary>WeChat's servers, as the service of one mini-program.</summary>
public interface IWeChatClient
{
    /// <summary>The mini-program's AppID; null when it is not set.</summary>
    string? AppId { get; }

    /// <summary>Which setting is missing to ask WeChat, for the operator; null when none is.</summary>
    string? ConfigurationError { get; }

    /// <summary>
    /// Exchanges a code for the session of the user who got it. Exactly one request is sent, whatever becomes of it,
    /// and its outcome is known within seconds.
    /// </summary>
    /// <param name="code">What <c>wx.login</c> gave the mini-program; any text.</param>
    /// <param name="cancellationToken">Gives up early.</param>
    /// <exception cref="FailureException">
    /// WeChat refuses the code (<see cref="FailureKind.Refused"/>) or this service
    /// (<see cref="FailureKind.Misconfigured"/>), cannot be reached or understood
    /// (<see cref="FailureKind.WeChatUnavailable"/>), or takes too long (<see cref="FailureKind.WeChatTimeout"/>).
    /// </exception>
    Task<WeChatSession> ExchangeAsync(string code, CancellationToken cancellationToken);
}
