using System.Text;

namespace SafeClockin.Domain;

/// <summary>What identifies a user in this mini-program. It is opaque, and compared byte by byte.</summary>
internal static class OpenId
{
    private const int LongestInBytes = 64; // WeChat's have 28

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The same openid, which a store can keep.</summary>
    /// <exception cref="FailureException">It is too long, or no text that has bytes of its own.</exception>
    public static string Check(string openId)
    {
        try
        {
            if (Utf8.GetByteCount(openId) <= LongestInBytes)
                return openId;
        }
        catch (EncoderFallbackException)
        {
            // Half a surrogate pair, which would be stored as the same character as any other half.
        }

        throw FailureException.Refused("用户标识无效");
    }
}
