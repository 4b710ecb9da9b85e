using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text.RegularExpressions;
using Refit;
using SafeClockin.Domain;
using SafeClockin.Domain.Login;

namespace SafeClockin.Data.WeChat;

/// <summary>
/// Asks WeChat, and turns what goes wrong into failures in words of our own: Refit's exceptions hold the request's
/// URL with WX_SECRET, and the answer with the session_key.
/// </summary>
/// <param name="settings">As whom to ask.</param>
/// <param name="api">Made when first asked: a service that starts to count needs no HTTP client.</param>
internal sealed partial class WeChatClient(WeChatSettings settings, Lazy<IWeChatApi> api) : IWeChatClient
{
    // For connecting, sending and the last byte of the answer together.
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    private static readonly Histogram<double> Latency = new Meter("SafeClockin.WeChat").CreateHistogram<double>(
        "safeclockin.wechat.duration",
        "s",
        "How long WeChat took to answer, or to fail.",
        advice: new() { HistogramBucketBoundaries = [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, Timeout.TotalSeconds] });

    public string? AppId => settings.AppId == WeChatSettings.AppIdVariable.Default ? null : settings.AppId;

    public string? ConfigurationError => settings.ConfigurationError;

    public async Task<WeChatSession> ExchangeAsync(string code, CancellationToken cancellationToken)
    {
        var answer = await AskAsync(code, cancellationToken);
        return answer switch
        {
            { ErrorCode: not (null or 0) } => throw Refusal(answer.ErrorCode.Value, answer.ErrorMessage),
            { OpenId: { } openId, SessionKey: { } sessionKey } when OpenId().IsMatch(openId) && SessionKey().IsMatch(sessionKey)
                => new(openId, sessionKey),
            _ => throw FailureException.WeChatUnavailable("its answer holds no openid or no session_key, or what can be neither"),
        };
    }

    private async Task<Code2SessionAnswer?> AskAsync(string code, CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(Timeout);
        var began = Stopwatch.GetTimestamp();
        try
        {
            return await api.Value.Code2SessionAsync(settings.AppId, settings.Secret, code, timeout.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or ApiExceptionBase)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw e switch
            {
                _ when timeout.IsCancellationRequested => FailureException.WeChatTimeout(Timeout),
                ApiException { InnerException: null } answered
                    => FailureException.WeChatUnavailable($"it answered with HTTP status {(int)answered.StatusCode}"),
                ApiException => FailureException.WeChatUnavailable("its answer is not the JSON expected"),
                _ => FailureException.WeChatUnavailable(Describe(e.InnerException as HttpRequestException)),
            };
        }
        finally
        {
            Latency.Record(Stopwatch.GetElapsedTime(began).TotalSeconds);
        }
    }

    // What fails once connected quotes the bytes that came.
    private static string Describe(HttpRequestException? failure) => failure?.HttpRequestError switch
    {
        HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError
            => failure.GetBaseException().Message,
        var error => $"its answer broke off, is too large or no HTTP ({error})",
    };

    private static FailureException Refusal(long errorCode, string? errorMessage)
    {
        // Of WeChat's own words only the id by which its support finds the request: they may quote what was sent.
        var account = $"WeChat answered errcode {errorCode}, rid {RequestId().Match(errorMessage ?? "")}";
        return errorCode switch
        {
            40013 or 41002 => FailureException.Misconfigured($"{WeChatSettings.AppIdVariable.Name} is wrong: {account}"),
            40125 or 41004 => FailureException.Misconfigured($"{WeChatSettings.SecretVariable.Name} is wrong: {account}"),
            40164 => FailureException.Misconfigured(
                $"This server's address is missing in the mini-program's IP whitelist (IP白名单): {account}"),
            41008 => FailureException.Misconfigured(
                $"{WeChatSettings.BaseUrlVariable.Name} leads to something that drops the code: {account}"),
            _ => FailureException.Refused(
                "微信API调用失败: " + errorCode switch
                {
                    40029 => "登录凭证无效，请重新登录",
                    40163 => "登录凭证已使用，请重新登录",
                    40226 => "该账号存在风险，登录被微信拦截",
                    45009 or 45011 => "操作太频繁，请稍后再试",
                    -1 => "微信系统繁忙，请稍后重试",
                    _ => $"errcode {errorCode}",
                },
                new WeChatRefusalException(account)),
        };
    }

    // Both have room to grow: an openid has 28 such characters, a session_key is 16 bytes in base64.
    [GeneratedRegex(@"^[\w-]{1,128}\z", RegexOptions.ECMAScript)]
    private static partial Regex OpenId();

    [GeneratedRegex(@"^[A-Za-z0-9+/_-]{1,128}={0,2}\z")]
    private static partial Regex SessionKey();

    [GeneratedRegex(@"(?<=\brid: ?)[\w-]{1,64}")]
    private static partial Regex RequestId();

    private sealed class WeChatRefusalException(string account) : Exception(account);
}
