using System.Text.Json.Serialization;
using Refit;

namespace SafeClockin.Data.WeChat;

/// <summary>WeChat's server API, as it is on the wire. WeChat answers failures with status 200, too, and null when it is empty.</summary>
/// <remarks>Bodies are buffered: some of WeChat's servers do not understand one that comes in chunks.</remarks>
internal interface IWeChatApi
{
    /// <summary>code2Session. WeChat answers JSON as text/plain.</summary>
    [Get("/sns/jscode2session?grant_type=authorization_code")]
    Task<Code2SessionAnswer?> Code2SessionAsync(
        string appid, string secret, [AliasAs("js_code")] string code, CancellationToken cancellationToken);

    /// <summary>getStableAccessToken.</summary>
    [Post("/cgi-bin/stable_token")]
    Task<AccessTokenAnswer?> GetAccessTokenAsync([Body(buffered: true)] AccessTokenRequest request, CancellationToken cancellationToken);

    /// <summary>subscribeMessage.send.</summary>
    [Post("/cgi-bin/message/subscribe/send")]
    Task<WeChatAnswer?> SendMessageAsync(
        [AliasAs("access_token")] string accessToken, [Body(buffered: true)] SubscribeMessage message, CancellationToken cancellationToken);
}

/// <summary>What WeChat answers; a part that is missing is null.</summary>
internal class WeChatAnswer
{
    /// <summary>A number, now and then written as a string; 0, or sometimes missing, on success.</summary>
    [JsonPropertyName("errcode")]
    [JsonNumberHandling(JsonNumberHandling.AllowReadingFromString)]
    public long? ErrorCode { get; init; }

    [JsonPropertyName("errmsg")]
    public string? ErrorMessage { get; init; }
}

/// <summary>Whose code it was.</summary>
internal sealed class Code2SessionAnswer : WeChatAnswer
{
    [JsonPropertyName("openid")]
    public string? OpenId { get; init; }

    [JsonPropertyName("session_key")]
    public string? SessionKey { get; init; }
}

/// <summary>Who asks for an access token.</summary>
internal sealed class AccessTokenRequest
{
    [JsonPropertyName("grant_type")]
    public string GrantType { get; } = "client_credential";

    [JsonPropertyName("appid")]
    public required string AppId { get; init; }

    [JsonPropertyName("secret")]
    public required string Secret { get; init; }
}

/// <summary>An access token.</summary>
internal sealed class AccessTokenAnswer : WeChatAnswer
{
    [JsonPropertyName("access_token")]
    public string? AccessToken { get; init; }

    /// <summary>In how many seconds.</summary>
    [JsonPropertyName("expires_in")]
    public int? ExpiresIn { get; init; }
}

/// <summary>A message to somebody who has consented to it.</summary>
internal sealed class SubscribeMessage
{
    [JsonPropertyName("touser")]
    public required string OpenId { get; init; }

    [JsonPropertyName("template_id")]
    public required string TemplateId { get; init; }

    [JsonPropertyName("page")]
    public required string Page { get; init; }

    [JsonPropertyName("data")]
    public required IReadOnlyDictionary<string, SubscribeMessageField> Data { get; init; }
}

/// <summary>What a field of a message says.</summary>
internal sealed record SubscribeMessageField([property: JsonPropertyName("value")] string Value);
