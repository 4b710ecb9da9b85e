using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Mvc;

namespace SafeClockin.Api.Envelopes;

/// <summary>An envelope as the whole answer, whatever a client says it accepts.</summary>
/// <remarks>
/// MVC's own formatter would write it while it is made: in chunks, the last of them a packet of its own. Made first, it
/// has a length and leaves in one packet.
/// </remarks>
internal sealed class EnvelopeResult(int status, object envelope) : ActionResult
{
    // Chinese stays readable. Safe here: the answers are application/json and never put into HTML.
    private static readonly JsonSerializerOptions Json =
        new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public override Task ExecuteResultAsync(ActionContext context) => WriteAsync(context.HttpContext.Response);

    public Task WriteAsync(HttpResponse response)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(envelope, Json);
        response.StatusCode = status;
        response.ContentType = "application/json; charset=utf-8";
        response.ContentLength = body.Length;
        return response.Body.WriteAsync(body).AsTask();
    }
}
