using System.Diagnostics;
using System.Runtime.CompilerServices;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using SafeClockin.Domain;

namespace SafeClockin.Api;

/// <summary>Traces and metrics over OTLP, for who has somewhere to send them.</summary>
internal static class Telemetry
{
    private const string EndpointVariable = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private const string NameVariable = "OTEL_SERVICE_NAME";

    // What reports about itself: the framework, the database's driver and this service.
    private static readonly string[] Sources = ["System.Net.Http", "MySqlConnector"];
    private static readonly string[] Meters =
    [
        "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "Microsoft.AspNetCore.RateLimiting",
        "System.Net.Http", "System.Runtime", "SafeClockin.*",
    ];

    /// <summary>Sends traces and metrics when OTEL_EXPORTER_OTLP_ENDPOINT is set; otherwise costs nothing.</summary>
    /// <exception cref="SettingException">The endpoint is no URL.</exception>
    public static void AddTelemetry(this WebApplicationBuilder builder)
    {
        if (builder.Configuration[EndpointVariable]?.Trim() is not { Length: > 0 } endpoint)
            return;
        if (!Uri.TryCreate(endpoint, UriKind.Absolute, out var url) || !url.Scheme.StartsWith("http", StringComparison.Ordinal))
            throw new SettingException(EndpointVariable, endpoint, "an http or https URL like http://127.0.0.1:4317");
        builder.AddExporters();
    }

    // Apart, because a method's libraries are loaded when it is entered.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void AddExporters(this WebApplicationBuilder builder)
    {
        foreach (var client in new[] { "OtlpTraceExporter", "OtlpMetricExporter" })
            builder.Services.AddHttpClient(client).RemoveAllLoggers(); // four lines with each export

        RemoveQueries();
        builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(builder.Configuration[NameVariable] ?? "safeclockin"))
            .WithTracing(tracing => tracing
                .AddAspNetCoreInstrumentation(requests => requests.Filter = context =>
                    !context.Request.Path.StartsWithSegments("/health"))
                .AddSource(Sources)
                .AddOtlpExporter())
            .WithMetrics(metrics => metrics.AddMeter(Meters).AddOtlpExporter());
    }

    /// <summary>
    /// Keeps query strings out of the traces, where login codes and WX_SECRET are. The libraries hide them too, unless
    /// an environment variable tells them not to.
    /// </summary>
    /// <remarks>
    /// Listeners are told in the order in which they came: this one before the exporter's. A processor of the exporter
    /// would do as well, but its base type would be loaded, telemetry or not, when MVC looks for controllers.
    /// </remarks>
    private static void RemoveQueries()
        => ActivitySource.AddActivityListener(new()
        {
            ShouldListenTo = source => source.Name is "Microsoft.AspNetCore" or "System.Net.Http",
            ActivityStopped = activity =>
            {
                activity.SetTag("url.query", null);
                if (activity.GetTagItem("url.full") is string url)
                    activity.SetTag("url.full", url.Split('?')[0]);
            },
        });
}
