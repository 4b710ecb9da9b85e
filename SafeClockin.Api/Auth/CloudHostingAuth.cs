using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using SafeClockin.Data;
using SafeClockin.Domain;
using SafeClockin.Domain.Login;

namespace SafeClockin.Api.Auth;

/// <summary>
/// Recognises the users that WeChat Cloud Hosting tells of when a mini-program calls by <c>wx.cloud.callContainer</c>. No
/// document says that the platform takes forged headers away, so they mean nothing unless an operator says so.
/// </summary>
internal sealed class CloudHostingAuth(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, IWeChatClient weChat)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    /// <summary>Names these headers as a way to sign in.</summary>
    public const string AuthenticationScheme = "CloudHosting";

    private const string Source = "X-WX-SOURCE";
    private const string OpenIdOfOwner = "X-WX-OPENID";
    private const string AppIdOfOwner = "X-WX-APPID";

    // Where mini-programs share one environment (资源复用), these tell of the one that calls.
    private const string OpenIdOfCaller = "X-WX-FROM-OPENID";
    private const string AppIdOfCaller = "X-WX-FROM-APPID";

    private const int LongestOpenId = 64;

    private static readonly Setting Trust = new(
        "WX_TRUST_HEADERS", "false", "true: believe Cloud Hosting's X-WX- headers, which whoever reaches the service can forge");

    /// <summary>The settings that are read here.</summary>
    public static IReadOnlyList<Setting> Settings => [Trust];

    /// <summary>Whether an operator says that the headers may be believed.</summary>
    /// <exception cref="SettingException">WX_TRUST_HEADERS cannot be understood.</exception>
    public static bool IsTrusted(IConfiguration settings) => settings.Read(Trust).ToLowerInvariant() switch
    {
        "true" => true,
        "false" => false,
        var other => throw new SettingException(Trust.Name, other, "true or false"),
    };

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var isShared = Has(OpenIdOfCaller) || Has(AppIdOfCaller);
        var openId = Request.Headers[isShared ? OpenIdOfCaller : OpenIdOfOwner].ToString();
        var appId = Request.Headers[isShared ? AppIdOfCaller : AppIdOfOwner].ToString();
        var isMeant = Has(Source) && IsOpenId(openId) && (!isShared || appId.Length > 0) && (weChat.AppId ?? appId) == appId;
        if (!isMeant || IsAnyRepeated())
            return Task.FromResult(AuthenticateResult.NoResult());

        var user = new ClaimsIdentity([new(TokenClaims.OpenId, openId)], Scheme.Name, TokenClaims.OpenId, roleType: null);
        return Task.FromResult(AuthenticateResult.Success(new(new ClaimsPrincipal(user), Scheme.Name)));
    }

    private bool Has(string header) => Request.Headers[header].Any(value => !string.IsNullOrEmpty(value));

    // The platform sets each once: of two, one is somebody else's.
    private bool IsAnyRepeated()
        => new[] { Source, OpenIdOfOwner, AppIdOfOwner, OpenIdOfCaller, AppIdOfCaller }.Any(header => Request.Headers[header].Count > 1);

    // A comma joins what stood in two headers.
    private static bool IsOpenId(string text)
        => text.Length is > 0 and <= LongestOpenId && text.All(c => c is > ' ' and <= '~' and not ',');
}
