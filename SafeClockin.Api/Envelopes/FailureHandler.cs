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
        var (status, message) = FailureTable.For(exception);
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
            case var _ when status == StatusCodes.Status500InternalServerError:
                logger.LogError(exception, "{Method} {Path} failed", context.Request.Method, context.Request.Path);
                break;
        }

        if (exception is FailureException { Kind: FailureKind.StoreUnavailable })
            context.Response.Headers.RetryAfter = RetryAfterSeconds;
        await WriteAsync(context, status, message);
        return true;
    }

    /// <summary>Writes an error envelope as the whole answer.</summary>
    public static Task WriteAsync(HttpContext context, int status, string message)
        => new EnvelopeResult(status, new ErrorEnvelope(message)).WriteAsync(context.Response);
}
