using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using SafeClockin.Api.Envelopes;
using SafeClockin.Domain;

namespace SafeClockin.Api.Auth;

/// <summary>Recognises the timer that may start a sweep: <c>Authorization: Bearer ALERT_SWEEP_SECRET</c>.</summary>
internal sealed class SweepAuth(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, IConfiguration settings)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    /// <summary>Names both the scheme and the policy that asks for it.</summary>
    public const string Policy = "Sweep";

    private static readonly Setting Secret = new(
        "ALERT_SWEEP_SECRET", "", "lets a timer outside have alerts sent, 32 bytes or more; not set: none is let in");

    /// <summary>The settings that are read here.</summary>
    public static IReadOnlyList<Setting> Settings => [Secret];

    /// <summary>Lets in who knows ALERT_SWEEP_SECRET, where a policy asks for it.</summary>
    /// <exception cref="SettingException">The secret is too short.</exception>
    public static void AddTo(IHostApplicationBuilder builder)
    {
        if (Read(builder.Configuration) is { Length: > 0 } secret && TokenKeys.IsShort(secret))
            throw new SettingException(Secret.Name, $"{TokenKeys.EnoughBytes} bytes or more");
        builder.Services.AddAuthentication().AddScheme<AuthenticationSchemeOptions, SweepAuth>(Policy, null);
        builder.Services.AddAuthorizationBuilder().AddPolicy(
            Policy, policy => policy.AddAuthenticationSchemes(Policy).RequireAuthenticatedUser());
    }

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        const string Bearer = JwtBearerDefaults.AuthenticationScheme + " ";
        var header = Request.Headers.Authorization.ToString();
        if (!header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase))
            return Task.FromResult(AuthenticateResult.NoResult());

        var secret = Read(settings);
        var isRight = CryptographicOperations.FixedTimeEquals(Hash(header[Bearer.Length..]), Hash(secret)); // of one length
        return Task.FromResult(isRight && secret.Length > 0
            ? AuthenticateResult.Success(new(new ClaimsPrincipal(new ClaimsIdentity(Scheme.Name)), Scheme.Name))
            : AuthenticateResult.Fail("The secret is another one, or none is set."));
    }

    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        var result = await HandleAuthenticateOnceSafeAsync();
        Response.Headers[HeaderNames.WWWAuthenticate] = JwtBearerDefaults.AuthenticationScheme;
        await Response.WriteAsync(Failure.OfToken(result.Failure));
    }

    private static string Read(IConfiguration settings) => Secret.ReadToTheLetter(settings[Secret.Name]);

    private static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}
