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
        => context.Result = context.Result switch
        {
            ObjectResult { Value: Failure failure } => new EnvelopeResult(failure.Status, new ErrorEnvelope(failure.Message)),
            ObjectResult result => new EnvelopeResult(result.StatusCode ?? StatusCodes.Status200OK, new SuccessEnvelope<object?>(result.Value)),
            EmptyResult => new EnvelopeResult(StatusCodes.Status200OK, new SuccessEnvelope<object?>(null)),
            var other => other, // pages and files are no envelopes; a bare status gets its own further out
        };

    public void OnResultExecuted(ResultExecutedContext context)
    {
    }
}
