using System.Text.RegularExpressions;
using SafeClockin.Domain;
using SafeClockin.Domain.Login;

namespace SafeClockin.Data.WeChat;

/// <summary>Asks WeChat whose code it is.</summary>
/// <param name="settings">As whom to ask.</param>
/// <param name="requests">Asks it.</param>
internal sealed partial class WeChatClient(WeChatSettings settings, WeChatRequests requests) : IWeChatClient
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    public string? AppId => settings.AppId == WeChatSettings.AppIdVariable.Default ? null : settings.AppId;

    public string? ConfigurationError => settings.ConfigurationError;

    public async Task<WeChatSession> ExchangeAsync(string code, CancellationToken cancellationToken)
    {
        var answer = await requests.AskAsync(
            (api, stop) => api.Code2SessionAsync(settings.AppId, settings.Secret, code, stop), Timeout, cancellationToken);
        return answer switch
        {
            { ErrorCode: not (null or 0) } => throw Refusal(answer),
            { OpenId: { } openId, SessionKey: { } sessionKey } when OpenId().IsMatch(openId) && SessionKey().IsMatch(sessionKey)
                => new(openId, sessionKey),
            _ => throw FailureException.WeChatUnavailable("its answer holds no openid or no session_key, or what can be neither"),
        };
    }

    private static FailureException Refusal(WeChatAnswer answer)
    {
        var account = WeChatRequests.Describe(answer);
        return answer.ErrorCode == 41008
            ? FailureException.Misconfigured($"{WeChatSettings.BaseUrlVariable.Name} leads to something that drops the code: {account}")
            : WeChatRequests.FindMisconfiguration(answer) ?? FailureException.Refused(
                "微信API调用失败: " + answer.ErrorCode switch
                {
                    40029 => "登录凭证无效，请重新登录",
                    40163 => "登录凭证已使用，请重新登录",
                    40226 => "该账号存在风险，登录被微信拦截",
                    45009 or 45011 => "操作太频繁，请稍后再试",
                    -1 => "微信系统繁忙，请稍后重试",
                    _ => $"errcode {answer.ErrorCode}",
                },
                new WeChatRefusalException(account));
    }

    // Both have room to grow: an openid has 28 such characters, a session_key is 16 bytes in base64.
    [GeneratedRegex(@"^[\w-]{1,128}\z", RegexOptions.ECMAScript)]
    private static partial Regex OpenId();

    [GeneratedRegex(@"^[A-Za-z0-9+/_-]{1,128}={0,2}\z")]
    private static partial Regex SessionKey();

    private sealed class WeChatRefusalException(string account) : Exception(account);
}
