using System.Globalization;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.Mvc.ViewFeatures;
using Serilog;
using Serilog.Events;
using Serilog.Formatting.Compact;

namespace SafeClockin.Api;

/// <summary>How the process listens and what it logs.</summary>
internal static class Hosting
{
    /// <summary>Where the service listens unless told otherwise.</summary>
    public const int DefaultPort = 8080;

    /// <summary>Listens on port 8080 unless told otherwise, and bounds what a client may send.</summary>
    public static void AddHttpServer(this WebApplicationBuilder builder)
    {
        var isToldWhere = new[] { WebHostDefaults.ServerUrlsKey, WebHostDefaults.HttpPortsKey, WebHostDefaults.HttpsPortsKey }
            .Any(key => builder.Configuration[key] is { Length: > 0 });
        if (!isToldWhere)
            builder.WebHost.UseUrls($"http://*:{DefaultPort}");

        // The file that tells where the static files of a build lie; a published service has them beside it.
        builder.WebHost.UseStaticWebAssets();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = 16 * 1024;
            kestrel.Limits.MaxConcurrentConnections = 10_000;
        });

        // Container platforms kill ten seconds after they ask a process to end.
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(8));
    }

    /// <summary>
    /// Leaves out what MVC brings along for TempData, encrypted cookies that nothing here uses: a filter around each action,
    /// and an encryption key that is made at the start and written to the home folder.
    /// </summary>
    public static IMvcBuilder RemoveTempData(this IMvcBuilder mvc)
    {
        mvc.Services.Remove(mvc.Services.Single(service =>
            service.ServiceType == typeof(IHostedService)
            && service.ImplementationType?.Assembly == typeof(KeyManagementOptions).Assembly));
        return mvc.AddMvcOptions(options =>
            options.Filters.Remove(options.Filters.OfType<SaveTempDataAttribute>().Single()));
    }

    /// <summary>Logs to stdout: for people in Development, one JSON object a line everywhere else.</summary>
    public static void AddLogging(this WebApplicationBuilder builder)
        => builder.Services.AddSerilog(
            log =>
            {
                // ASP.NET Core's own Information lines repeat the request log and hold query strings, where codes are.
                log.MinimumLevel.Override("Microsoft.AspNetCore", LogEventLevel.Warning);
                // Each refused connection with its stack; the request that it fails tells of it in one line.
                log.MinimumLevel.Override("MySqlConnector", LogEventLevel.Warning);
                // That a container has no place for encryption keys: a view asks for some, and never uses them.
                log.MinimumLevel.Override("Microsoft.AspNetCore.DataProtection", LogEventLevel.Error);
                // A failure to start is told in one line where it is caught.
                log.MinimumLevel.Override("Microsoft.Extensions.Hosting.Internal.Host", LogEventLevel.Fatal);
                if (builder.Environment.IsDevelopment())
                {
                    log.WriteTo.Console(
                        outputTemplate: "[{Timestamp:HH:mm:ss} {Level:u3}] {Message:lj} {TraceId}{NewLine}{Exception}",
                        formatProvider: CultureInfo.InvariantCulture);
                }
                else
                {
                    log.WriteTo.Console(new CompactJsonFormatter());
                }
            },
            preserveStaticLogger: true);

    /// <summary>
    /// The page's files, which browsers keep: the page names each with a fingerprint of its content. (Mapped static
    /// assets would answer 405 instead of 404 to every unknown path while developing.)
    /// </summary>
    public static void UseAssets(this WebApplication app)
        => app.UseStaticFiles(new StaticFileOptions
        {
            OnPrepareResponse = file => file.Context.Response.Headers.CacheControl =
                file.Context.Request.Query.ContainsKey("v") ? "public, max-age=31536000, immutable" : "no-cache",
        });

    /// <summary>One line a request, with its path but without its query string.</summary>
    public static void UseRequestLog(this WebApplication app)
        => app.UseSerilogRequestLogging(log =>
        {
            log.Logger = app.Services.GetRequiredService<Serilog.ILogger>();
            log.GetLevel = (context, _, exception) =>
                exception is not null || context.Response.StatusCode >= 500 ? LogEventLevel.Error
                : context.Request.Path.StartsWithSegments("/health") ? LogEventLevel.Debug
                : LogEventLevel.Information;
        });
}
