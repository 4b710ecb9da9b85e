using System.Net;
using System.Net.Security;
using System.Net.Sockets;

namespace SafeClockin.Api.Hosting;

/// <summary>
/// The program as a container's health check: it asks the service beside it, because the image has no curl.
/// </summary>
internal static class Healthcheck
{
    /// <summary>Less than a container engine waits, so that the reason is told before it kills this process.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(4);

    /// <summary>
    /// Asks /health of the service that listens at this address. The database is not asked about: a platform that
    /// restarts this service for it would make matters worse.
    /// </summary>
    /// <returns>The exit code: 0 when the service answers.</returns>
    public static async Task<int> RunAsync(BindingAddress address)
    {
        using var client = new HttpClient(new SocketsHttpHandler
        {
            UseProxy = false, // whatever the environment says
            AllowAutoRedirect = false,
#pragma warning disable CA5359 // Nobody else answers there, and the certificate is of the name that clients use.
            SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, _, _, _) => true },
#pragma warning restore CA5359
            ConnectCallback = address.IsUnixPipe ? (_, stop) => ConnectAsync(address.UnixPipePath, stop) : null,
        })
        {
            Timeout = Timeout,
        };
        try
        {
            using var response = await client.GetAsync(new Uri($"{address.Scheme}://{HostOf(address)}/health"));
            response.EnsureSuccessStatusCode();
            return 0;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 1;
        }
    }

    // A name that is no address has the server listen everywhere.
    private static string HostOf(BindingAddress address)
        => address.IsUnixPipe ? "localhost"
            : IPAddress.TryParse(address.Host, out var ip) && !ip.Equals(IPAddress.Any) && !ip.Equals(IPAddress.IPv6Any)
                ? $"{address.Host}:{address.Port}"
                : $"localhost:{address.Port}";

    /// <summary>Connects to a socket in the file system.</summary>
    internal static async ValueTask<Stream> ConnectAsync(string path, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
        return new NetworkStream(socket, ownsSocket: true);
    }
}
