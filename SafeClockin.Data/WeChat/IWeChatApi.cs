using System.Text.Json.Serialization;
using Refit;

namespace SafeClockin.Data.WeChat;

/// <summary>WeChat's server API, as it is on the wire.</summary>
internal interface IWeChatApi
{
    /// <summary>code2Session. WeChat answers JSON as text/plain, failures with status 200, too.</summary>
    /// <returns>Null when the answer is empty or <c>null</c>.</returns>
    [Get("/sns/jscode2session?grant_type=authorization_code")]
    Task<Code2SessionAnswer?> Code2SessionAsync(
        string appid, string secret, [AliasAs("js_code")] string code, CancellationToken cancellationToken);
}

/// <summary>What WeChat answers; a part that is missing is null.</summary>
internal sealed class Code2SessionAnswer
{
    [JsonPropertyName("openid")]
    public string? OpenId { get; init; }

    [JsonPropertyName("session_key")]
    public string? SessionKey { get; init; }

    /// <summary>A number, now and then written as a string; missing or 0 on success.</summary>
    [JsonPropertyName("errcode")]
    [JsonNumberHandling(JsonNumberHandling.AllowReadingFromString)]
    public long? ErrorCode { get; init; }

    [JsonPropertyName("errmsg")]
    public string? ErrorMessage { get; init; }
}
