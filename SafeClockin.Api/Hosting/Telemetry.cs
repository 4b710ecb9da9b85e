using System.Diagnostics;
using System.Runtime.CompilerServices;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using SafeClockin.Data;
using SafeClockin.Domain;

namespace SafeClockin.Api.Hosting;

/// <summary>Traces and metrics over OTLP, for who has somewhere to send them.</summary>
internal static class Telemetry
{
    private static readonly Setting Endpoint = new(
        "OTEL_EXPORTER_OTLP_ENDPOINT", "", "where to send traces and metrics; not set: nowhere, and none are made");
    private static readonly Setting Protocol = new("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "grpc or http/protobuf");
    private static readonly Setting Headers = new("OTEL_EXPORTER_OTLP_HEADERS", "", "headers for the collector: name=value, separated by commas");
    private static readonly Setting ServiceName = new("OTEL_SERVICE_NAME", "safeclockin", "what traces and metrics call the service");

    // What reports about itself: the framework, the database's driver and this service.
    private static readonly string[] Sources = ["System.Net.Http", "MySqlConnector"];
    private static readonly string[] Meters =
    [
        "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "Microsoft.AspNetCore.RateLimiting",
        "System.Net.Http", "System.Runtime", "SafeClockin.*",
    ];

    /// <summary>The settings that are read here; the libraries know more.</summary>
    public static IReadOnlyList<Setting> Settings => [Endpoint, Protocol, Headers, ServiceName];

    /// <summary>Sends traces and metrics when OTEL_EXPORTER_OTLP_ENDPOINT is set; otherwise costs nothing.</summary>
    /// <exception cref="SettingException">One of the settings cannot be understood.</exception>
    public static void AddTelemetry(this WebApplicationBuilder builder)
    {
        var endpoint = builder.Configuration.Read(Endpoint);
        if (endpoint.Length == 0)
            return;
        if (!Uri.TryCreate(endpoint, UriKind.Absolute, out var url)
            || (url.Scheme != Uri.UriSchemeHttp && url.Scheme != Uri.UriSchemeHttps))
        {
            throw new SettingException(Endpoint.Name, "an http or https URL like http://127.0.0.1:4317");
        }

        // What the exporter does not understand, it leaves aside or fails at without saying which setting it was.
        var protocol = builder.Configuration.Read(Protocol);
        if (protocol is not ("grpc" or "http/protobuf"))
            throw new SettingException(Protocol.Name, protocol, "grpc or http/protobuf");
        var headers = builder.Configuration.Read(Headers);
        if (headers.Length > 0 && !headers.Split(',').All(header => header.IndexOf('=', StringComparison.Ordinal) > 0))
            throw new SettingException(Headers.Name, "headers like name=value, separated by commas");
        builder.AddExporters();
    }

    // Apart, because a method's libraries are loaded when it is entered.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void AddExporters(this WebApplicationBuilder builder)
    {
        RemoveQueries();
        builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(builder.Configuration.Read(ServiceName)))
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
