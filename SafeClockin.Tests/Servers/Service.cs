using System.Collections.Concurrent;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Moq;
using SafeClockin.Domain.Counters;
using Serilog;
using Serilog.Core;
using Serilog.Events;

namespace SafeClockin.Tests.Servers;

/// <summary>
/// The service inside the test's process, behind its real server on a free loopback port, with every log event kept.
/// </summary>
internal sealed class Service : WebApplicationFactory<Program>
{
    private readonly IDictionary<string, string> _settings;
    private readonly Action<IServiceCollection> _replace;
    private readonly LogEventLevel _logLevel;
    private readonly LogKeeper _log = new();

    private Service(IDictionary<string, string> settings, Action<IServiceCollection> replace, LogEventLevel logLevel)
    {
        _settings = settings;
        _replace = replace;
        _logLevel = logLevel;
        UseKestrel();
    }

    public IEnumerable<LogEvent> Log => _log.Events;

    /// <summary>Starts the service as in production.</summary>
    public static Service Start(
        IDictionary<string, string> settings,
        Action<IServiceCollection>? replace = null,
        LogEventLevel logLevel = LogEventLevel.Verbose)
    {
        var service = new Service(settings, replace ?? (_ => { }), logLevel);
        service.StartServer();
        return service;
    }

    /// <summary>Starts the service on an embedded store of its own.</summary>
    public static Service StartEmbedded(Action<IServiceCollection>? replace = null)
        => Start(EmbeddedStore(), replace);

    /// <summary>Starts the service on a counter of which the test decides what it does.</summary>
    public static Service StartOn(Action<Mock<ICounterRepository>> setUp)
    {
        var counters = new Mock<ICounterRepository>();
        setUp(counters);
        return StartEmbedded(services => services.AddSingleton(counters.Object));
    }

    /// <summary>The settings of a service that counts in a file nobody else uses.</summary>
    public static Dictionary<string, string> EmbeddedStore()
        => new()
        {
            ["STORE"] = "sqlite",
            ["SQLITE_FILE"] = Path.Combine(Workspace.NewFolder(), "count.db"),
        };

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        builder.UseEnvironment("Production");
        // Not by UseKestrel, which would set the port on a server that may be starting already.
        builder.UseUrls("http://127.0.0.1:0");
        foreach (var (name, value) in _settings)
            builder.UseSetting(name, value);
        builder.ConfigureTestServices(services =>
        {
            // Everything, but for what repeats each request with its query string: the service's own log never lets
            // that through, which the tests of its process see.
            services.AddSerilog(
                log => log
                    .MinimumLevel.Is(_logLevel)
                    .MinimumLevel.Override("Microsoft.AspNetCore.Hosting.Diagnostics", LogEventLevel.Warning)
                    .WriteTo.Sink(_log),
                preserveStaticLogger: true); // which several services in one process would take from each other
            _replace(services);
        });
    }

    private sealed class LogKeeper : ILogEventSink
    {
        public ConcurrentQueue<LogEvent> Events { get; } = [];

        public void Emit(LogEvent logEvent) => Events.Enqueue(logEvent);
    }
}
