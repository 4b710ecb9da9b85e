using System.Security.Cryptography;
using System.Text;
using Microsoft.IdentityModel.Tokens;
using SafeClockin.Domain;

namespace SafeClockin.Api.Auth;

/// <summary>
/// The keys that TOKEN_SECRET makes, and those of the secret before it, whose tokens live on. Every replica that shares a
/// secret has the same.
/// </summary>
internal sealed class TokenSecret
{
    private static readonly Setting Variable = new(
        "TOKEN_SECRET",
        "your-token-secret",
        "signs and seals tokens: the same on every replica; 32 bytes or more outside of Development");

    private static readonly Setting PreviousVariable = new(
        "TOKEN_SECRET_PREVIOUS", "", "the TOKEN_SECRET before this one, whose tokens are accepted until they expire");

    private TokenSecret(string text, string previousText, bool isDevelopment)
    {
        if (text == Variable.Default)
            ConfigurationError = $"{Variable.Name} is not set, or still the published default";
        else if (TokenKeys.IsShort(text))
            ConfigurationError = $"{Variable.Name} is shorter than {TokenKeys.EnoughBytes} bytes";

        var warnings = new List<string>();
        if (isDevelopment && ConfigurationError is not null)
        {
            warnings.Add($"{ConfigurationError}: whoever guesses it can log in as anybody");
            ConfigurationError = null;
        }

        if (ConfigurationError is null)
            Current = new(text);

        if (previousText.Length > 0)
        {
            var problem = FindProblem(previousText, text);
            if (problem is not null)
                warnings.Add($"{PreviousVariable.Name} {problem}");
            if (Current is not null && (problem is null || isDevelopment))
                Previous = new(previousText);
        }

        Warnings = warnings;
    }

    /// <summary>The settings that are read here.</summary>
    public static IReadOnlyList<Setting> Settings => [Variable, PreviousVariable];

    /// <summary>Signs, verifies, seals and opens; null when the secret must not be used.</summary>
    public TokenKeys? Current { get; }

    /// <summary>Verifies and opens, and makes nothing; null when there is no such secret, or it must not be used.</summary>
    public TokenKeys? Previous { get; }

    /// <summary>The keys that tokens are accepted by; empty when none is.</summary>
    public IEnumerable<TokenKeys> Accepted => new[] { Current, Previous }.OfType<TokenKeys>();

    /// <summary>Why the secret must not be used; null when it may be.</summary>
    public string? ConfigurationError { get; }

    /// <summary>What an operator should know of secrets that are used all the same, or need not be set.</summary>
    public IReadOnlyList<string> Warnings { get; }

    /// <summary>Reads the secrets. One that can be guessed is used while developing and nowhere else.</summary>
    /// <exception cref="SettingException">One of them is no UTF-8.</exception>
    public static TokenSecret From(IConfiguration settings, IHostEnvironment environment)
    {
        // Taken to the letter, as other programs that share them take them.
        var text = Variable.ReadToTheLetter(settings[Variable.Name]) is { Length: > 0 } value ? value : Variable.Default;
        var previous = PreviousVariable.ReadToTheLetter(settings[PreviousVariable.Name]);
        return new(text, previous, environment.IsDevelopment());
    }

    private static string? FindProblem(string previous, string current)
        => previous == current ? $"is the same as {Variable.Name}: nothing is exchanged"
            : current == Variable.Default ? $"is set, and {Variable.Name} is not"
            : previous == Variable.Default ? "is the published default, which is accepted in Development alone"
            : TokenKeys.IsShort(previous) ? $"is shorter than {TokenKeys.EnoughBytes} bytes, which is accepted in Development alone"
            : null;
}

/// <summary>The keys that one secret makes.</summary>
internal sealed class TokenKeys
{
    /// <summary>As long as the signature, which RFC 7518 asks for.</summary>
    public const int EnoughBytes = 32;

    private readonly byte[] _signingKey;

    /// <summary>Derives them.</summary>
    public TokenKeys(string secret)
    {
        var bytes = Encoding.UTF8.GetBytes(secret);
        // The library refuses a short key. HMAC fills it up with zeros anyway, so the signature stays the same.
        _signingKey = [.. bytes, .. new byte[Math.Max(0, EnoughBytes - bytes.Length)]];
        Sealing = HKDF.DeriveKey(HashAlgorithmName.SHA256, bytes, 32, info: "safeclockin/session_key/v1"u8.ToArray());
    }

    /// <summary>Signs and verifies tokens.</summary>
    /// <remarks>Made when asked for: a service that starts to count does not load the library.</remarks>
    public SecurityKey Signing => new SymmetricSecurityKey(_signingKey);

    /// <summary>Seals what tokens carry for the server alone.</summary>
    public byte[] Sealing { get; }

    /// <summary>Whether a secret is too short to be safe.</summary>
    public static bool IsShort(string secret) => Encoding.UTF8.GetByteCount(secret) < EnoughBytes;
}
