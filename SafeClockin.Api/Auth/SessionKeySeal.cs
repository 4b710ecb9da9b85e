using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace SafeClockin.Api.Auth;

/// <summary>
/// Makes a session_key unreadable for the bearer of the token that carries it: AES-256-GCM, bound to its openid.
/// </summary>
internal sealed class SessionKeySeal(TokenSecret secret)
{
    private const string Version = "v1.";

    private static readonly int NonceSize = AesGcm.NonceByteSizes.MaxSize;
    private static readonly int TagSize = AesGcm.TagByteSizes.MaxSize;

    /// <summary>The session_key as a claim: <c>v1.</c> and base64url of nonce, ciphertext and tag.</summary>
    public string Seal(string sessionKey, string openId)
    {
        var key = secret.Current?.Sealing ?? throw new InvalidOperationException(secret.ConfigurationError);
        var plain = Encoding.UTF8.GetBytes(sessionKey);
        var box = new byte[NonceSize + plain.Length + TagSize];
        var (nonce, cipher, tag) = Split(box);
        RandomNumberGenerator.Fill(nonce.Span);

        using var aes = new AesGcm(key, TagSize);
        aes.Encrypt(nonce.Span, plain, cipher.Span, tag.Span, Encoding.UTF8.GetBytes(openId));
        return Version + Base64Url.EncodeToString(box);
    }

    /// <summary>
    /// The session_key of a claim; null when it was sealed for another openid or with a secret that is not accepted, was altered,
    /// or never sealed.
    /// </summary>
    /// <remarks>
    /// For what decrypts user data with it, as clients of py-safeClockin's token may expect. Nothing here does so far; the
    /// tests hold by it that what is sealed can be opened.
    /// </remarks>
    public string? Open(string claim, string openId)
    {
        if (!claim.StartsWith(Version, StringComparison.Ordinal) || !Base64Url.IsValid(claim.AsSpan(Version.Length)))
            return null;
        var box = Base64Url.DecodeFromChars(claim.AsSpan(Version.Length));
        if (box.Length < NonceSize + TagSize)
            return null;

        return secret.Accepted.Select(keys => Open(box, openId, keys.Sealing)).FirstOrDefault(plain => plain is not null);
    }

    private static string? Open(Memory<byte> box, string openId, byte[] key)
    {
        var (nonce, cipher, tag) = Split(box);
        var plain = new byte[cipher.Length];
        using var aes = new AesGcm(key, TagSize);
        try
        {
            aes.Decrypt(nonce.Span, cipher.Span, tag.Span, plain, Encoding.UTF8.GetBytes(openId));
            return Encoding.UTF8.GetString(plain);
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }

    private static (Memory<byte> Nonce, Memory<byte> Cipher, Memory<byte> Tag) Split(Memory<byte> box)
        => (box[..NonceSize], box[NonceSize..^TagSize], box[^TagSize..]);
}
