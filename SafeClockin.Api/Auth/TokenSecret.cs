using System.Security.Cryptography;
using System.Text;
using Microsoft.IdentityModel.Tokens;
using SafeClockin.Domain;

namespace SafeClockin.Api.Auth;

/// <summary>The keys that TOKEN_SECRET makes. Every replica that shares the secret has the same.</summary>
internal sealed class TokenSecret
{
    private const int EnoughBytes = 32; // as long as the signature, which RFC 7518 asks for

    private static readonly Setting Variable = new(
        "TOKEN_SECRET",
        "your-token-secret",
        "signs and seals tokens: the same on every replica; 32 bytes or more outside of Development");

    private readonly byte[]? _signingKey;

    private TokenSecret(byte[] secret, string? weakness, bool isDevelopment)
    {
        if (weakness is null || isDevelopment)
        {
            // The library refuses a short key. HMAC fills it up with zeros anyway, so the signature stays the same.
            _signingKey = secret.Length < EnoughBytes ? [.. secret, .. new byte[EnoughBytes - secret.Length]] : secret;
            SealingKey = HKDF.DeriveKey(
                HashAlgorithmName.SHA256, secret, 32, info: "safeclockin/session_key/v1"u8.ToArray());
            Warning = weakness is null ? null : weakness + ": whoever guesses it can log in as anybody";
        }
        else
        {
            ConfigurationError = weakness;
        }
    }

    /// <summary>The settings that are read here.</summary>
    public static IReadOnlyList<Setting> Settings => [Variable];

    /// <summary>Signs and verifies tokens; null when the secret must not be used.</summary>
    /// <remarks>Made when asked for: a service that starts to count does not load the library.</remarks>
    public SecurityKey? SigningKey => _signingKey is null ? null : new SymmetricSecurityKey(_signingKey);

    /// <summary>Seals what tokens carry for the server alone; null when the secret must not be used.</summary>
    public byte[]? SealingKey { get; }

    /// <summary>Why the secret must not be used; null when it may be.</summary>
    public string? ConfigurationError { get; }

    /// <summary>Why the secret is good enough for development only; null when it is good, or not used.</summary>
    public string? Warning { get; }

    /// <summary>Reads TOKEN_SECRET. One that can be guessed is used while developing and nowhere else.</summary>
    /// <exception cref="SettingException">It is no UTF-8.</exception>
    public static TokenSecret From(IConfiguration settings, IHostEnvironment environment)
    {
        // Taken to the letter, as other programs that share it take it.
        var text = Variable.ReadToTheLetter(settings[Variable.Name]) is { Length: > 0 } value ? value : Variable.Default;
        var secret = Encoding.UTF8.GetBytes(text);
        var weakness = text == Variable.Default ? $"{Variable.Name} is not set, or still the published default"
            : secret.Length < EnoughBytes ? $"{Variable.Name} is shorter than {EnoughBytes} bytes"
            : null;
        return new(secret, weakness, environment.IsDevelopment());
    }
}
