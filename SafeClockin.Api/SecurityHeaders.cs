namespace SafeClockin.Api;

/// <summary>What every answer tells a browser to refuse.</summary>
internal static class SecurityHeaders
{
    /// <summary>The page needs its own files and the API, and nothing else.</summary>
    private const string OwnFilesOnly =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>Adds the headers when an answer starts: what turns a failure into an answer drops earlier ones.</summary>
    public static void UseSecurityHeaders(this WebApplication app)
        => app.Use((context, next) =>
        {
            context.Response.OnStarting(Add, context.Response);
            return next(context);
        });

    private static Task Add(object state)
    {
        var response = (HttpResponse)state;
        response.Headers.XContentTypeOptions = "nosniff";
        if (response.ContentType?.StartsWith("text/html", StringComparison.Ordinal) == true)
        {
            if (response.Headers.ContentSecurityPolicy.Count == 0) // a page that needs more says so itself
            {
                response.Headers.ContentSecurityPolicy = OwnFilesOnly;
                response.Headers.CacheControl = "no-cache"; // it names the current files, so it must not be kept
            }

            response.Headers.XFrameOptions = "DENY"; // for browsers that do not know frame-ancestors
            response.Headers["Referrer-Policy"] = "no-referrer";
            response.Headers["Cross-Origin-Opener-Policy"] = "same-origin";
            response.Headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()";
        }

        return Task.CompletedTask;
    }
}
