using System.Security.Cryptography;
using System.Text.Json.Serialization;
using Scalar.AspNetCore;

namespace SafeClockin.Api.Docs;

/// <summary>The API document at /openapi/v1.json, and at /docs a page to read it and to try calls.</summary>
internal static class ApiDocs
{
    public static void AddApiDocs(this IServiceCollection services)
    {
        // The document describes numbers as these options read them: by default as number or text.
        services.ConfigureHttpJsonOptions(options => options.SerializerOptions.NumberHandling = JsonNumberHandling.Strict);
        services.AddOpenApi(document =>
        {
            document.AddOperationTransformer<ContractTransformer>();
            document.AddDocumentTransformer<ContractTransformer>();
        });
    }

    public static void MapApiDocs(this WebApplication app)
    {
        app.MapOpenApi("/openapi/v1.json");
        app.MapScalarApiReference("/docs", (page, context) =>
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
                .WithLocalization(new() { Locale = "zh-CN" })
                .DisableAgent()
                .DisableMcp()
                .DisableTelemetry()
                .HideClientButton()
                .HideDeveloperTools();
        });
    }
}
