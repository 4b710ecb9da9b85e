namespace SafeClockin.Api.Hosting;

/// <summary>What every answer tells browsers and caches: what to refuse, and how long to keep it.</summary>
internal static class ResponseHeaders
{
    /// <summary>The page needs its own files and the API, and nothing else.</summary>
    private const string OwnFilesOnly =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>Adds the headers when an answer starts: what turns a failure into an answer drops earlier ones.</summary>
    public static void UseResponseHeaders(this WebApplication app)
        => app.Use((context, next) =>
        {
            context.Response.OnStarting(Add, context.Response);
            return next(context);
        });

    private static Task Add(object state)
    {
        var response = (HttpResponse)state;
        response.Headers.XContentTypeOptions = "nosniff";
        var isPage = response.ContentType?.StartsWith("text/html", StringComparison.Ordinal) == true;
        if (isPage)
        {
            if (response.Headers.ContentSecurityPolicy.Count == 0) // a page that needs more says so itself
                response.Headers.ContentSecurityPolicy = OwnFilesOnly;
            response.Headers.XFrameOptions = "DENY"; // for browsers that do not know frame-ancestors
            response.Headers["Referrer-Policy"] = "no-referrer";
            response.Headers["Cross-Origin-Opener-Policy"] = "same-origin";
            response.Headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()";
        }

        // An envelope is true for the moment. A page names the current assets, so it is asked for again, as are redirects;
        // assets say for themselves.
        if (response.ContentType?.StartsWith("application/json", StringComparison.Ordinal) == true)
            response.Headers.CacheControl = "no-store";
        else if (response.Headers.CacheControl.Count == 0)
            response.Headers.CacheControl = "no-cache";
        return Task.CompletedTask;
    }
}
