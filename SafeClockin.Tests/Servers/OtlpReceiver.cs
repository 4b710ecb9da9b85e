using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace SafeClockin.Tests.Servers;

/// <summary>
/// Takes OTLP on a free loopback port, over HTTP/1.1 or as gRPC over HTTP/2. Protocol Buffers hold texts as they are, so what
/// was sent is looked for in its bytes.
/// </summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly WebApplication _server;
    private readonly ConcurrentQueue<string> _traces = [];
    private readonly ConcurrentQueue<string> _metrics = [];
    private readonly ConcurrentQueue<string> _headers = [];

    public OtlpReceiver(HttpProtocols protocol = HttpProtocols.Http1)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, address => address.Protocols = protocol));
        _server = builder.Build();
        _server.MapPost("/v1/traces", context => KeepAsync(context, _traces));
        _server.MapPost("/v1/metrics", context => KeepAsync(context, _metrics));
        _server.MapPost("/opentelemetry.proto.collector.trace.v1.TraceService/Export", context => KeepAsync(context, _traces));
        _server.MapPost("/opentelemetry.proto.collector.metrics.v1.MetricsService/Export", context => KeepAsync(context, _metrics));
        _server.Start();
    }

    public string Traces => string.Join('\n', _traces);

    public string Metrics => string.Join('\n', _metrics);

    /// <summary>What each message was sent with: Authorization and X-Team.</summary>
    public IReadOnlyCollection<string> Headers => _headers;

    /// <summary>The settings of a service that reports here, without delay.</summary>
    public Dictionary<string, string> Settings()
        => new()
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = _server.Urls.Single(),
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            ["OTEL_BSP_SCHEDULE_DELAY"] = "50",
            ["OTEL_METRIC_EXPORT_INTERVAL"] = "50",
        };

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task KeepAsync(HttpContext context, ConcurrentQueue<string> messages)
    {
        _headers.Enqueue($"{context.Request.Headers.Authorization} {context.Request.Headers["X-Team"]}");
        using var reader = new StreamReader(context.Request.Body, Encoding.Latin1);
        messages.Enqueue(await reader.ReadToEndAsync());
        if (context.Response.SupportsTrailers())
            context.Response.AppendTrailer("grpc-status", "0");
    }
}
