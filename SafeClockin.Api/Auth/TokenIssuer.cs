using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using SafeClockin.Domain.Login;

namespace SafeClockin.Api.Auth;

/// <summary>Signs JSON Web Tokens as py-safeClockin did, but for the session_key, which is sealed.</summary>
internal sealed class TokenIssuer(TokenSecret secret, SessionKeySeal seal) : ITokenIssuer
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(7);

    public string? ConfigurationError => secret.ConfigurationError;

    public string Issue(WeChatSession session)
    {
        // Whole seconds, rounded down: PyJWT refuses a token from the future.
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        // Left alone it would add nbf, which a client with a slow clock trips over.
        var handler = new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false };
        return handler.CreateToken(new SecurityTokenDescriptor
        {
            Claims = new Dictionary<string, object>
            {
                [TokenClaims.OpenId] = session.OpenId,
                [TokenClaims.SessionKey] = seal.Seal(session.SessionKey, session.OpenId),
                [JwtRegisteredClaimNames.Iat] = now,
                [JwtRegisteredClaimNames.Exp] = now + (long)Lifetime.TotalSeconds,
            },
            SigningCredentials = new(secret.Current!.Signing, SecurityAlgorithms.HmacSha256),
        });
    }
}

/// <summary>What a token says beside its times.</summary>
internal static class TokenClaims
{
    /// <summary>Whose token it is.</summary>
    public const string OpenId = "openid";

    /// <summary>The sealed session_key; in a token of py-safeClockin the plain one.</summary>
    public const string SessionKey = "session_key";
}
