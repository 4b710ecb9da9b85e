using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Mvc.ApiExplorer;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Scalar.AspNetCore;

namespace SafeClockin.Api.Docs;

/// <summary>The API document at /openapi/v1.json, and at /docs a page to read it and to try calls.</summary>
internal static class ApiDocs
{
    private const string DocumentPath = "/openapi/v1.json";
    private const string PagePath = "/docs";

    // Scalar would answer every other path below with the page, too.
    private static readonly PathString[] PagePaths =
        [PagePath, PagePath + "/", PagePath + "/scalar.js", PagePath + "/scalar.aspnetcore.js"];

    /// <summary>
    /// Serves both. Few ask for either, and no mini-program does: what they need is loaded by the first request for it,
    /// so that a service that starts to count spends neither time nor memory on it.
    /// </summary>
    public static void UseApiDocs(this WebApplication app)
    {
        var docs = new Lazy<RequestDelegate>(
            () => new ApplicationBuilder(app.Services).UseRouting().UseEndpoints(Map).Build());
        app.Use((context, next) =>
            PagePaths.Contains(context.Request.Path) || context.Request.Path.StartsWithSegments(DocumentPath)
                ? docs.Value(context)
                : next(context));
    }

    private static void Map(IEndpointRouteBuilder docs)
    {
        var document = WriteDocumentAsync(docs.ServiceProvider); // the same for everybody
        docs.MapGet(DocumentPath, async () => Results.Text(await document, "application/json", Encoding.UTF8));
        docs.MapScalarApiReference(PagePath, (page, context) =>
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

    // With services of its own: registered among the service's, they would be loaded at the start.
    private static async Task<string> WriteDocumentAsync(IServiceProvider app)
    {
        const string Name = "v1";
        var services = new ServiceCollection()
            .AddSingleton(app.GetRequiredService<IHostEnvironment>())
            .AddSingleton(app.GetRequiredService<IApiDescriptionGroupCollectionProvider>())
            // The document describes numbers as these options read them: by default as number or text.
            .ConfigureHttpJsonOptions(options => options.SerializerOptions.NumberHandling = JsonNumberHandling.Strict)
            .AddOpenApi(Name, document =>
            {
                document.AddOperationTransformer(ContractTransformer.TransformAsync);
                document.AddDocumentTransformer(ContractTransformer.TransformAsync);
            });
        await using var provider = services.BuildServiceProvider();
        var document = await provider.GetRequiredKeyedService<IOpenApiDocumentProvider>(Name).GetOpenApiDocumentAsync();
        return await document.SerializeAsJsonAsync(OpenApiSpecVersion.OpenApi3_1);
    }
}
