using Microsoft.Extensions.Configuration;
using SafeClockin.Domain;

namespace SafeClockin.Data.WeChat;

/// <summary>What the WX_ variables say.</summary>
internal sealed class WeChatSettings
{
    public static readonly Setting AppIdVariable = new(
        "WX_APPID", "your-appid", "the mini-program's AppID; nobody can log in until it is set");
    public static readonly Setting SecretVariable = new(
        "WX_SECRET", "your-secret", "the mini-program's AppSecret; nobody can log in until it is set");
    public static readonly Setting BaseUrlVariable = new(
        "WX_API_BASE_URL", "https://api.weixin.qq.com", "where to ask WeChat, by https or http");

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
        => AppId == AppIdVariable.Default ? $"{AppIdVariable.Name} is not set"
        : Secret == SecretVariable.Default ? $"{SecretVariable.Name} is not set"
        : null;

    /// <summary>Reads and checks the WX_ variables.</summary>
    /// <exception cref="SettingException">One of them cannot be understood.</exception>
    public static WeChatSettings From(IConfiguration settings)
    {
        var url = settings.Read(BaseUrlVariable);
        return Uri.TryCreate(url, UriKind.Absolute, out var baseUrl)
            && (baseUrl.Scheme == Uri.UriSchemeHttps || baseUrl.Scheme == Uri.UriSchemeHttp)
            && baseUrl is { UserInfo: "", Query: "", Fragment: "" }
            ? new(
                baseUrl,
                settings.Read(AppIdVariable),
                settings.Read(SecretVariable))
            : throw new SettingException(BaseUrlVariable.Name, $"an http or https URL like {BaseUrlVariable.Default}, without a query");
    }
}
