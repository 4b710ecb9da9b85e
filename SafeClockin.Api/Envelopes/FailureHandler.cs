using Microsoft.AspNetCore.Diagnostics;
using SafeClockin.Domain;

namespace SafeClockin.Api.Envelopes;

/// <summary>Turns an exception into its envelope, and logs it once.</summary>
internal sealed class FailureHandler(ILogger<FailureHandler> logger) : IExceptionHandler
{
    private const string RetryAfterSeconds = "3";

    public async ValueTask<bool> TryHandleAsync(
        HttpContext context, Exception exception, CancellationToken cancellationToken)
    {
        var failure = Failure.Of(exception);
        switch (exception)
        {
            case FailureException { Kind: FailureKind.Refused, InnerException: var cause }:
                if (cause is not null)
                    logger.LogWarning("Refused with {Message}: {Cause}", exception.Message, cause.Message);
                break;
            case FailureException:
                // The cause in one line: an outage meets every request, and its stack says nothing.
                logger.LogError("{Failure}", exception.Message);
                break;
            case var _ when failure.Status == StatusCodes.Status500InternalServerError:
                logger.LogError(exception, "{Method} {Path} failed", context.Request.Method, context.Request.Path);
                break;
        }

        if (exception is FailureException { Kind: FailureKind.StoreUnavailable })
            context.Response.Headers.RetryAfter = RetryAfterSeconds;
        await context.Response.WriteAsync(failure);
        return true;
    }
}
