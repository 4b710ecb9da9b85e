using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace SafeClockin.Tests.Servers;

/// <summary>Tokens as other programs make them that share the secret.</summary>
internal static class Tokens
{
    public const string Hs256 = """{"alg":"HS256","typ":"JWT"}""";

    /// <summary>A token of py-safeClockin: its session_key is plain, and it ends within a second.</summary>
    public static string Of(string openId)
    {
        var end = DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 3600;
        return Sign(Hs256, $$"""{"openid":{{JsonSerializer.Serialize(openId)}},"session_key":"k","exp":{{end}}.25}""", WeChatStub.TokenSecret);
    }

    public static string Sign(string header, string claims, string secret, Func<byte[], byte[], byte[]>? algorithm = null)
    {
        var signed = Encode(Encoding.UTF8.GetBytes(header)) + "." + Encode(Encoding.UTF8.GetBytes(claims));
        var signature = (algorithm ?? HMACSHA256.HashData)(Encoding.UTF8.GetBytes(secret), Encoding.ASCII.GetBytes(signed));
        return signed + "." + Encode(signature);
    }

    private static string Encode(ReadOnlySpan<byte> bytes) => Base64Url.EncodeToString(bytes);
}
