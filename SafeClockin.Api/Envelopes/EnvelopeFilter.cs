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
            ObjectResult { Value: ErrorEnvelope error } result => Envelope(result.StatusCode, error),
            ObjectResult result => Envelope(result.StatusCode, new SuccessEnvelope(result.Value)),
            EmptyResult => Envelope(null, new SuccessEnvelope(null)),
            var other => other, // pages and files are no envelopes; a bare status gets its own further out
        };
    }

    public void OnResultExecuted(ResultExecutedContext context)
    {
    }

    private static EnvelopeResult Envelope(int? status, object envelope) => new(status ?? StatusCodes.Status200OK, envelope);
}
