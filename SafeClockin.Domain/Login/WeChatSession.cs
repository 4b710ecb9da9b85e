namespace SafeClockin.Domain.Login;

/// <summary>What WeChat says about a user who has logged in.</summary>
/// <param name="OpenId">Who it is: the same for every login of one user in one mini-program.</param>
/// <param name="SessionKey">
/// Signs and decrypts what WeChat hands to the client, in base64. It must never reach the client or a log.
/// </param>
public sealed record WeChatSession(string OpenId, string SessionKey)
{
    /// <summary>The openid alone: a record's own text would show the session_key.</summary>
    public override string ToString() => OpenId;
}
