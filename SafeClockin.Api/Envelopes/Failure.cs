using Microsoft.IdentityModel.Tokens;
using SafeClockin.Domain;

namespace SafeClockin.Api.Envelopes;

/// <summary>What a client is told when something goes wrong: the one table of statuses and words.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Message">The words, in Chinese.</param>
internal sealed record Failure(int Status, string Message)
{
    private const string WeChatUnavailable = "微信服务暂时不可用，请稍后重试";

    private static readonly Failure Unknown = new(StatusCodes.Status500InternalServerError, "服务器内部错误");

    private static readonly Failure[] ByStatus =
    [
        new(StatusCodes.Status400BadRequest, "请求格式错误，请求体须为JSON对象"),
        new(StatusCodes.Status404NotFound, "接口不存在"),
        new(StatusCodes.Status405MethodNotAllowed, "不支持该请求方法"),
        new(StatusCodes.Status408RequestTimeout, "请求超时"),
        new(StatusCodes.Status413PayloadTooLarge, "请求体过大"),
        new(StatusCodes.Status415UnsupportedMediaType, "请求体须为application/json"),
        new(StatusCodes.Status429TooManyRequests, "操作太频繁，请稍后再试"),
        Unknown,
    ];

    private static readonly Dictionary<FailureKind, Failure> ByKind = new()
    {
        [FailureKind.StoreUnavailable] = new(StatusCodes.Status503ServiceUnavailable, "数据库暂时不可用，请稍后重试"),
        [FailureKind.LoginNotConfigured] = new(StatusCodes.Status503ServiceUnavailable, "登录未配置"),
        [FailureKind.WeChatUnavailable] = new(StatusCodes.Status502BadGateway, WeChatUnavailable),
        [FailureKind.WeChatTimeout] = new(StatusCodes.Status504GatewayTimeout, WeChatUnavailable),
        [FailureKind.Misconfigured] = new(StatusCodes.Status500InternalServerError, "服务配置错误"),
    };

    private static readonly Failure TokenMissing = new(StatusCodes.Status401Unauthorized, "缺少token");
    private static readonly Failure TokenInvalid = new(StatusCodes.Status401Unauthorized, "token无效");
    private static readonly Failure TokenExpired = new(StatusCodes.Status401Unauthorized, "token已过期");

    /// <summary>Every failure but refusals, whose words are their services'.</summary>
    public static IEnumerable<Failure> All => [.. ByStatus, .. ByKind.Values, TokenMissing, TokenInvalid, TokenExpired];

    /// <summary>The refusal of a field that is required.</summary>
    /// <param name="name">The field's name on the wire; <c>{0}</c> in a template.</param>
    public static string FieldMissing(string name) => $"缺少{name}参数";

    /// <summary>The refusal of a field that holds something else than it may.</summary>
    /// <param name="name">The field's name on the wire; <c>{0}</c> in a template.</param>
    public static string FieldInvalid(string name) => $"{name}参数错误";

    /// <summary>A refusal: the request was understood and is not granted.</summary>
    /// <remarks>200, because wx.cloud.callContainer drops the body of every other answer and with it the reason.</remarks>
    public static Failure Refusal(string message) => new(StatusCodes.Status200OK, message);

    /// <summary>The failure that an exception ends in.</summary>
    public static Failure Of(Exception exception) => exception switch
    {
        FailureException { Kind: FailureKind.Refused } => Refusal(exception.Message),
        FailureException { Kind: var kind } => ByKind[kind],
        BadHttpRequestException bad => Of(bad.StatusCode),
        _ => Unknown,
    };

    /// <summary>The failure that a bare status stands for.</summary>
    public static Failure Of(int status)
        => Array.Find(ByStatus, failure => failure.Status == status) ?? new(status, "请求无法处理");

    /// <summary>The failure of a request without a valid token.</summary>
    /// <param name="cause">Why the token was refused; null when there was none.</param>
    public static Failure OfToken(Exception? cause) => cause switch
    {
        null => TokenMissing,
        SecurityTokenExpiredException => TokenExpired,
        _ => TokenInvalid,
    };
}
