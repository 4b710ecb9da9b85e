using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Authorization;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Microsoft.Net.Http.Headers;
using SafeClockin.Api.Envelopes;
using SafeClockin.Domain;
using SafeClockin.Domain.Login;

namespace SafeClockin.Api.Auth;

/// <summary>Recognises the bearers of tokens: <c>Authorization: Bearer …</c>.</summary>
internal static class TokenAuth
{
    private const string TokenOrHeaders = "TokenOrHeaders";

    /// <summary>
    /// Issues and verifies tokens with TOKEN_SECRET. Where WX_TRUST_HEADERS says so, a request without a token may be
    /// signed in by Cloud Hosting instead.
    /// </summary>
    /// <exception cref="SettingException">A setting cannot be understood.</exception>
    public static IHostApplicationBuilder AddTokenAuth(this IHostApplicationBuilder builder)
    {
        var secret = TokenSecret.From(builder.Configuration, builder.Environment);
        builder.Services.AddSingleton(secret);
        builder.Services.AddSingleton<SessionKeySeal>();
        builder.Services.AddSingleton<ITokenIssuer, TokenIssuer>();
        builder.Services.AddHostedService<LoginCheck>();
        // Tokens are looked at where [Authorize] asks for one and nowhere else, which spares all other requests the work
        // and a cold start the libraries (2.7 MB at the first answer): of several schemes none is every request's.
        var scheme = CloudHostingAuth.IsTrusted(builder.Configuration) ? TokenOrHeaders : JwtBearerDefaults.AuthenticationScheme;
        builder.Services.AddAuthorizationBuilder().SetDefaultPolicy(
            new AuthorizationPolicyBuilder(scheme).RequireAuthenticatedUser().Build());
        var authentication = builder.Services.AddAuthentication();
        if (scheme == TokenOrHeaders)
        {
            authentication
                .AddScheme<AuthenticationSchemeOptions, CloudHostingAuth>(CloudHostingAuth.AuthenticationScheme, null)
                .AddPolicyScheme(TokenOrHeaders, null, either =>
                {
                    either.ForwardDefaultSelector = context => context.Request.Headers.ContainsKey(HeaderNames.Authorization)
                        ? JwtBearerDefaults.AuthenticationScheme
                        : CloudHostingAuth.AuthenticationScheme;
                    either.ForwardChallenge = JwtBearerDefaults.AuthenticationScheme;
                });
        }

        authentication.AddJwtBearer(bearer =>
        {
            bearer.MapInboundClaims = false;
            bearer.SaveToken = false;
            bearer.TokenValidationParameters = new()
            {
                IssuerSigningKeys = [.. secret.Accepted.Select(keys => keys.Signing)], // without one every token is refused
                ValidAlgorithms = [SecurityAlgorithms.HmacSha256],
                ValidTypes = [JwtConstants.HeaderType],
                ValidateIssuer = false,
                ValidateAudience = false,
                ClockSkew = TimeSpan.Zero, // as PyJWT: a token ends when it says so
                NameClaimType = TokenClaims.OpenId,
            };
            bearer.Events = new()
            {
                OnMessageReceived = ReadToken,
                OnTokenValidated = RequireOpenId,
                OnChallenge = AnswerAsync,
            };
        });
        return builder;
    }

    // Clients that keep a token as JSON send it with its quotes.
    private static Task ReadToken(MessageReceivedContext context)
    {
        const string Scheme = JwtBearerDefaults.AuthenticationScheme + " ";
        var header = context.Request.Headers.Authorization.ToString();
        context.Token = header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            ? header[Scheme.Length..].Trim(' ', '"')
            : null;
        if (string.IsNullOrEmpty(context.Token))
            context.NoResult();
        return Task.CompletedTask;
    }

    private static Task RequireOpenId(TokenValidatedContext context)
    {
        if (context.Principal?.FindFirst(TokenClaims.OpenId) is not { ValueType: ClaimValueTypes.String, Value.Length: > 0 })
            context.Fail("The token has no openid.");
        return Task.CompletedTask;
    }

    private static Task AnswerAsync(JwtBearerChallengeContext context)
    {
        context.HandleResponse();
        context.Response.Headers[HeaderNames.WWWAuthenticate] = JwtBearerDefaults.AuthenticationScheme;
        return context.Response.WriteAsync(Failure.OfToken(context.AuthenticateFailure));
    }
}
