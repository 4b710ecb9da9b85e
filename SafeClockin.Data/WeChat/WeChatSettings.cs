using Microsoft.Extensions.Configuration;
using SafeClockin.Domain;

namespace SafeClockin.Data.WeChat;

/// <summary>What the WX_ variables say.</summary>
internal sealed class WeChatSettings
{
    public const string AppIdVariable = "WX_APPID";
    public const string SecretVariable = "WX_SECRET";
    public const string BaseUrlVariable = "WX_API_BASE_URL";

    private const string AppIdPlaceholder = "your-appid";
    private const string SecretPlaceholder = "your-secret";

    private WeChatSettings(Uri baseUrl, string appId, string secret)
    {
        BaseUrl = baseUrl;
        AppId = appId;
        Secret = secret;
    }

    public Uri BaseUrl { get; }

    public string AppId { get; }

    public string Secret { get; }

    /// <summary>Which of them is still to be set; null when none is.</summary>
    public string? ConfigurationError
        => AppId == AppIdPlaceholder ? $"{AppIdVariable} is not set"
        : Secret == SecretPlaceholder ? $"{SecretVariable} is not set"
        : null;

    /// <summary>Reads and checks the WX_ variables.</summary>
    /// <exception cref="SettingException">One of them cannot be understood.</exception>
    public static WeChatSettings From(IConfiguration settings)
    {
        var url = settings.Setting(BaseUrlVariable) ?? "https://api.weixin.qq.com";
        return Uri.TryCreate(url, UriKind.Absolute, out var baseUrl)
            && (baseUrl.Scheme == Uri.UriSchemeHttps || baseUrl.Scheme == Uri.UriSchemeHttp)
            && baseUrl is { Query: "", Fragment: "" }
            ? new(
                baseUrl,
                settings.Setting(AppIdVariable) ?? AppIdPlaceholder,
                settings.Setting(SecretVariable) ?? SecretPlaceholder)
            : throw new SettingException(BaseUrlVariable, url, "an http or https URL like https://api.weixin.qq.com");
    }
}
