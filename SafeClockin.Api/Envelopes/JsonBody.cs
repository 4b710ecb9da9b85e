using System.Text.Json;
using System.Text.Unicode;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Mvc.Formatters;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace SafeClockin.Api.Envelopes;

/// <summary>
/// Reads the body of every action that has a <c>[FromBody]</c> parameter: one JSON object in UTF-8. No body at all,
/// whatever type it declares, is an empty object, so that validation tells which field is missing.
/// </summary>
/// <remarks>
/// The framework's formatter stops at the first thing that is wrong, so that it depends on the order of a body's parts
/// whether it is refused for a field or for not being JSON; and it lets an unknown field appear twice.
/// </remarks>
internal sealed class JsonBody : IInputFormatter
{
    // Two parties that read a repeated key differently could be played off against each other.
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    public bool CanRead(InputFormatterContext context) => true;

    public async Task<InputFormatterResult> ReadAsync(InputFormatterContext context)
    {
        var request = context.HttpContext.Request;
        using var buffer = new MemoryStream(); // small: the server limits a body's size
        await request.Body.CopyToAsync(buffer, request.HttpContext.RequestAborted);
        var body = buffer.GetBuffer().AsMemory(0, (int)buffer.Length);
        if (body.IsEmpty)
            body = "{}"u8.ToArray();
        else if (!IsJson(request))
            throw new BadHttpRequestException("Not JSON in UTF-8.", StatusCodes.Status415UnsupportedMediaType);

        using var json = Parse(body);
        try
        {
            var options = request.HttpContext.RequestServices.GetRequiredService<IOptions<JsonOptions>>().Value;
            return InputFormatterResult.Success(json.Deserialize(context.ModelType, options.SerializerOptions)!);
        }
        catch (JsonException e)
        {
            // A field of another type than it is declared with.
            var field = e.Path!.TrimStart('$', '.');
            context.ModelState.TryAddModelError(context.ModelName, Failure.FieldInvalid(field)); // before all that follows from it
            return InputFormatterResult.Failure();
        }
    }

    private static bool IsJson(HttpRequest request)
        => MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
            && (type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
                || type.Suffix.Equals("json", StringComparison.OrdinalIgnoreCase))
            && HeaderUtilities.RemoveQuotes(type.Charset).ToString().ToLowerInvariant() is "" or "utf-8" or "utf8";

    private static JsonDocument Parse(ReadOnlyMemory<byte> body)
    {
        try
        {
            var json = JsonDocument.Parse(body, Strict);
            if (json.RootElement.ValueKind == JsonValueKind.Object && IsText(body.Span))
                return json;
            json.Dispose();
            throw new BadHttpRequestException("Not a JSON object.");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new BadHttpRequestException("Not JSON.", e);
        }
    }

    /// <summary>Whether all of it is Unicode. A parser looks into names and texts only when they are asked for.</summary>
    /// <exception cref="InvalidOperationException">An escape is half a surrogate pair.</exception>
    private static bool IsText(ReadOnlySpan<byte> body)
    {
        if (body.Contains((byte)'\\'))
        {
            for (var reader = new Utf8JsonReader(body); reader.Read();)
            {
                if (reader.ValueIsEscaped)
                    reader.GetString();
            }
        }

        return Utf8.IsValid(body);
    }
}
