using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using SafeClockin.Domain;

namespace SafeClockin.Api.Hosting;

/// <summary>How the process listens, how much it takes on, and how it ends.</summary>
internal static class HttpServer
{
    // Container platforms kill ten seconds after they ask a process to end. What runs may finish in the first time; in
    // the second, telemetry and the log are written out. Whatever hangs then is left behind.
    private static readonly TimeSpan TimeToFinish = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan TimeToEnd = TimeSpan.FromSeconds(6.5);

    /// <summary>Listens at these addresses, and bounds what a client may send and how many may be connected.</summary>
    /// <exception cref="SettingException">The process may open too few files to serve.</exception>
    public static void AddHttpServer(this WebApplicationBuilder builder, IEnumerable<BindingAddress> addresses)
    {
        builder.WebHost.UseUrls([.. addresses.Select(address => address.ToString())]);
        // The file that tells where the static files of a build lie; a published service has them beside it.
        builder.WebHost.UseStaticWebAssets();

        var connections = ConnectionLimit.MostConnections();
        var perAddress = new ConnectionLimit(connections);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = 16 * 1024;
            kestrel.Limits.MaxConcurrentConnections = connections;
            kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Use(next =>
                connection => perAddress.ServeAsync(connection, next)));
        });
        // What a socket brings is dealt with on the thread that notices it, a request as well as the database's answer to
        // it: handing it to another one takes a lone caller up to a third of his time. So nothing may block such a thread:
        // SQLite works on those of the pool, and the log has its own. The runtime reads the variable when the first socket
        // is opened.
        Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");
        builder.Services.Configure<SocketTransportOptions>(transport => transport.UnsafePreferInlineScheduling = true);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeToFinish);
    }

    /// <summary>Serves until the process is asked to end, and for a few seconds more at most.</summary>
    /// <exception cref="IOException">It cannot listen.</exception>
    public static async Task ServeAsync(this WebApplication app, IEnumerable<BindingAddress> addresses)
    {
        var end = new TaskCompletionSource();
        var started = app.Lifetime.ApplicationStarted; // asked for now: a start that fails disposes of the rest
        app.Lifetime.ApplicationStopping.Register(() => _ = Task.Delay(TimeToEnd).ContinueWith(
            _ => end.TrySetResult(), TaskScheduler.Default));
        try
        {
            await await Task.WhenAny(StartAndWaitAsync(app), end.Task);
        }
        catch (Exception e) when (!started.IsCancellationRequested && e is not OperationCanceledException)
        {
            // All else has been read by now: the address is in use, or not this machine's, or TLS lacks its certificate.
            var settings = ListenAddresses.Settings.Select(setting => setting.Name);
            throw new IOException(
                $"Cannot listen on {string.Join(", ", addresses)}, set by {string.Join(" or ", settings)}: {e.Message}", e);
        }
    }

    /// <summary>
    /// As <c>RunAsync</c>, but a start that fails stops what runs already: the host would report it as broken off.
    /// </summary>
    private static async Task StartAndWaitAsync(WebApplication app)
    {
        await using var _ = app;
        try
        {
            await app.StartAsync();
        }
        catch
        {
            await app.StopAsync();
            throw;
        }

        await app.WaitForShutdownAsync();
    }

    /// <summary>Answers 400 to a body that cannot be read to its end: that is its sender's fault, or the network's.</summary>
    /// <remarks>Behind this nothing else fails so: what reads files or the database has exceptions of its own.</remarks>
    public static void UseUnreadableBodies(this WebApplication app)
        => app.Use(async (context, next) =>
        {
            try
            {
                await next(context);
            }
            catch (IOException e) when (e is not BadHttpRequestException)
            {
                throw new BadHttpRequestException("The body cannot be read.", e);
            }
        });
}
