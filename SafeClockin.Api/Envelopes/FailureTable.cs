using Microsoft.IdentityModel.Tokens;
using SafeClockin.Domain;

namespace SafeClockin.Api.Envelopes;

/// <summary>The one table from what went wrong to the status and the words the client gets.</summary>
internal static class FailureTable
{
    private const string WeChatUnavailable = "微信服务暂时不可用，请稍后重试";

    public static (int Status, string Message) For(Exception failure) => failure switch
    {
        // 200, because wx.cloud.callContainer drops the body of every other answer and with it the reason.
        FailureException { Kind: FailureKind.Refused } => (StatusCodes.Status200OK, failure.Message),
        FailureException { Kind: FailureKind.StoreUnavailable }
            => (StatusCodes.Status503ServiceUnavailable, "数据库暂时不可用，请稍后重试"),
        FailureException { Kind: FailureKind.WeChatUnavailable } => (StatusCodes.Status502BadGateway, WeChatUnavailable),
        FailureException { Kind: FailureKind.WeChatTooSlow } => (StatusCodes.Status504GatewayTimeout, WeChatUnavailable),
        FailureException { Kind: FailureKind.Misconfigured } => (StatusCodes.Status500InternalServerError, "服务配置错误"),
        FailureException { Kind: FailureKind.LoginNotConfigured }
            => (StatusCodes.Status503ServiceUnavailable, "登录未配置"),
        BadHttpRequestException bad => (bad.StatusCode, For(bad.StatusCode)),
        _ => (StatusCodes.Status500InternalServerError, For(StatusCodes.Status500InternalServerError)),
    };

    public static string For(int status) => status switch
    {
        StatusCodes.Status400BadRequest => "请求格式错误，请求体须为JSON对象",
        StatusCodes.Status404NotFound => "接口不存在",
        StatusCodes.Status405MethodNotAllowed => "不支持该请求方法",
        StatusCodes.Status408RequestTimeout => "请求超时",
        StatusCodes.Status413PayloadTooLarge => "请求体过大",
        StatusCodes.Status415UnsupportedMediaType => "请求体须为application/json",
        StatusCodes.Status429TooManyRequests => "登录太频繁，请稍后再试",
        StatusCodes.Status500InternalServerError => "服务器内部错误",
        _ => "请求无法处理",
    };

    /// <summary>The words of a 401.</summary>
    /// <param name="failure">Why the token was refused; null when there was none.</param>
    public static string ForToken(Exception? failure) => failure switch
    {
        null => "缺少token",
        SecurityTokenExpiredException => "token已过期",
        _ => "token无效",
    };
}
