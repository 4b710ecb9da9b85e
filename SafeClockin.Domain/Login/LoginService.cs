namespace SafeClockin.Domain.Login;

/// <summary>Turns the code that <c>wx.login</c> gave a mini-program into a token.</summary>
/// <param name="weChat">Tells whose code it is.</param>
/// <param name="tokens">Makes the token.</param>
public sealed class LoginService(IWeChatClient weChat, ITokenIssuer tokens)
{
    /// <summary>What keeps everybody from logging in, for the operator; empty when login is configured.</summary>
    public IReadOnlyList<string> ConfigurationErrors { get; } =
        [.. new[] { weChat.ConfigurationError, tokens.ConfigurationError }.OfType<string>()];

    /// <summary>Whether the settings allow logging in.</summary>
    public bool IsConfigured => ConfigurationErrors.Count == 0;

    /// <summary>The token of the user whose code this is. WeChat is asked at most once: a code works once.</summary>
    /// <param name="code">As the client sent it.</param>
    /// <param name="cancellationToken">Gives up when the client does.</param>
    /// <exception cref="FailureException">
    /// The code is refused, login is not configured or wrongly so, or WeChat cannot be asked.
    /// </exception>
    public async Task<string> LogInAsync(string code, CancellationToken cancellationToken)
        => IsConfigured
            ? tokens.Issue(await weChat.ExchangeAsync(code, cancellationToken))
            : throw FailureException.LoginNotConfigured(string.Join("; ", ConfigurationErrors));
}
