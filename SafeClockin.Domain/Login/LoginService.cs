namespace SafeClockin.Domain.Login;

/// <summary>Turns the code that <c>wx.login</c> gave a mini-program into a token.</summary>
/// <param name="weChat">Tells whose code it is.</param>
/// <param name="tokens">Makes the token.</param>
public sealed class LoginService(IWeChatClient weChat, ITokenIssuer tokens)
{
    /// <summary>WeChat's codes have 32 characters; nothing much longer is worth asking about.</summary>
    private const int LongestCode = 128;

    /// <summary>What keeps everybody from logging in, for the operator; empty when login is configured.</summary>
    public IReadOnlyList<string> Obstacles { get; } =
        [.. new[] { weChat.Obstacle, tokens.Obstacle }.OfType<string>()];

    /// <summary>Whether the settings allow logging in.</summary>
    public bool IsConfigured => Obstacles.Count == 0;

    /// <summary>The token of the user whose code this is. WeChat is asked at most once: a code works once.</summary>
    /// <param name="code">As the client sent it; null when it sent none.</param>
    /// <param name="cancellationToken">Gives up when the client does.</param>
    /// <exception cref="FailureException">
    /// The code is missing or refused, login is not configured or wrongly so, or WeChat cannot be asked.
    /// </exception>
    public async Task<string> LogInAsync(string? code, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(code))
            throw FailureException.Refused("缺少code参数");
        if (code.Length > LongestCode)
            throw FailureException.Refused("code参数错误");
        if (!IsConfigured)
            throw FailureException.LoginNotConfigured(string.Join("; ", Obstacles));

        return tokens.Issue(await weChat.ExchangeAsync(code, cancellationToken));
    }
}
