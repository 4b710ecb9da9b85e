using System.Text.Json;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using JsonOptions = Microsoft.AspNetCore.Http.Json.JsonOptions;

namespace SafeClockin.Api.Envelopes;

/// <summary>An envelope as the whole answer, whatever a client says it accepts.</summary>
internal sealed class EnvelopeResult(int status, object envelope) : ActionResult
{
    public override Task ExecuteResultAsync(ActionContext context) => context.HttpContext.Response.WriteAsync(status, envelope);
}

internal static class EnvelopeResponse
{
    /// <summary>Writes an error envelope as the whole answer.</summary>
    public static Task WriteAsync(this HttpResponse response, Failure failure)
        => response.WriteAsync(failure.Status, new ErrorEnvelope(failure.Message));

    /// <summary>Writes an envelope as the whole answer.</summary>
    /// <remarks>
    /// The framework's own writers would send it while it is made: in chunks, the last of them a packet of its own. Made
    /// first, it has a length and leaves in one packet.
    /// </remarks>
    public static Task WriteAsync(this HttpResponse response, int status, object envelope)
    {
        var json = response.HttpContext.RequestServices.GetRequiredService<IOptions<JsonOptions>>().Value;
        var body = JsonSerializer.SerializeToUtf8Bytes(envelope, json.SerializerOptions);
        response.StatusCode = status;
        response.ContentType = "application/json; charset=utf-8";
        response.ContentLength = body.Length;
        return response.Body.WriteAsync(body).AsTask();
    }
}
