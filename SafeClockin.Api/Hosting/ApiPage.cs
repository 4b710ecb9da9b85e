using System.Security.Cryptography;
using Microsoft.AspNetCore.Routing.Patterns;
using Scalar.AspNetCore;

namespace SafeClockin.Api.Hosting;

/// <summary>At /docs a page to read the API document and to try calls. The document itself is a static file.</summary>
internal static class ApiPage
{
    private const string Path = "/docs";

    // Above the calls the page has a box for a token and one for code in other languages; each call has both again.
    private const string CallsFirst = ".scalar-reference-intro-auth, .scalar-reference-intro-clients { display: none !important }";

    public static IEndpointConventionBuilder MapApiPage(this IEndpointRouteBuilder endpoints)
    {
        var page = endpoints.MapScalarApiReference(Path, (page, context) =>
        {
            // The page brings its own start-up script and styles, unlike ours; it, too, loads from nowhere else.
            var nonce = Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));
            context.Response.Headers.ContentSecurityPolicy =
                $"default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; "
                + "img-src 'self' data:; font-src 'self' data:; connect-src 'self'; "
                + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
            page.WithNonce(nonce)
                .WithTitle("SafeClockin API")
                .WithFavicon("/favicon.svg")
                .DisableDefaultFonts()
                .WithLocalization(new() { Locale = ReadLocale(context.Request) })
                .ExpandAllTags()
                .WithCustomCss(CallsFirst)
                .DisableAgent()
                .DisableMcp()
                .DisableTelemetry()
                .HideClientButton()
                .HideDeveloperTools();
        });
        page.Add(endpoint =>
        {
            // Scalar would answer every other path below with the page, too, as the name of a document.
            if (endpoint is RouteEndpointBuilder { RoutePattern.Parameters.Count: > 0 } route)
                route.RoutePattern = RoutePatternFactory.Parse(Path);
        });
        return page;
    }

    /// <summary>Chinese or English, whichever the browser names first; English to a language that is neither.</summary>
    private static string ReadLocale(HttpRequest request)
    {
        var known = from language in request.GetTypedHeaders().AcceptLanguage
                    orderby language.Quality ?? 1 descending
                    let name = language.Value.Value!.Split('-')[0].ToLowerInvariant()
                    where name is "zh" or "en"
                    select name;
        return known.FirstOrDefault() == "zh" ? "zh-CN" : "en";
    }
}
