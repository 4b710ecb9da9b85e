using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Filters;

namespace SafeClockin.Api.Envelopes;

/// <summary>
/// Wraps what an action returned, so that actions return plain values. Always run: the answers of filters that
/// short-circuit an action are wrapped, too.
/// </summary>
internal sealed class EnvelopeFilter : IAlwaysRunResultFilter
{
    public void OnResultExecuting(ResultExecutingContext context)
    {
        context.Result = context.Result switch
        {
            ObjectResult { Value: ErrorEnvelope } error => AsJson(error),
            ObjectResult result => AsJson(new ObjectResult(new SuccessEnvelope(result.Value))),
            EmptyResult => AsJson(new ObjectResult(new SuccessEnvelope(null))),
            var other => other, // pages and files are no envelopes; a bare status gets its own further out
        };
        if (context.Result is ObjectResult)
            context.HttpContext.Response.Headers.CacheControl = "no-store";
    }

    public void OnResultExecuted(ResultExecutedContext context)
    {
    }

    // Named, the content type stays the same whatever a client says it accepts.
    private static ObjectResult AsJson(ObjectResult result)
    {
        result.ContentTypes = ["application/json"];
        return result;
    }
}
