using System.Text.Json;
using System.Text.Unicode;
using Microsoft.Net.Http.Headers;

namespace SafeClockin.Api.Controllers;

/// <summary>
/// Reads one field of a request's body. Model binding would not do: the contract tells a missing field from one of
/// the wrong type, and an empty body, with or without a content type, from <c>null</c>.
/// </summary>
internal static class RequestBody
{
    // Two parties that read a repeated key differently could be played off against each other.
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 32 };

    /// <summary>
    /// The text of a field; null when the field or the whole body is missing, empty when the field is no text.
    /// </summary>
    /// <exception cref="BadHttpRequestException">The body is no JSON object, or not declared as JSON.</exception>
    public static async Task<string?> ReadFieldAsync(this HttpRequest request, string field)
    {
        using var body = new MemoryStream(); // small: the server limits a body's size
        await request.Body.CopyToAsync(body, request.HttpContext.RequestAborted);
        if (body.Length == 0)
            return null;
        if (!request.HasJsonContentType() || !IsUtf8(request))
            throw new BadHttpRequestException("Not JSON.", StatusCodes.Status415UnsupportedMediaType);

        var bytes = body.GetBuffer().AsMemory(0, (int)body.Length);
        if (!Utf8.IsValid(bytes.Span))
            throw new BadHttpRequestException("Not UTF-8.");
        try
        {
            using var json = JsonDocument.Parse(bytes, Strict);
            return json.RootElement.TryGetProperty(field, out var value)
                ? value.ValueKind == JsonValueKind.String ? value.GetString() : ""
                : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: JSON, but no object, or a text with half a surrogate pair.
            throw new BadHttpRequestException("Not a JSON object.", e);
        }
    }

    // JSON is UTF-8, which need not be said.
    private static bool IsUtf8(HttpRequest request)
        => request.GetTypedHeaders().ContentType?.Charset is not { Length: > 0 } charset
            || HeaderUtilities.RemoveQuotes(charset).Equals("utf-8", StringComparison.OrdinalIgnoreCase);
}
