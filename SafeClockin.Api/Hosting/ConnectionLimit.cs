using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Connections;
using SafeClockin.Domain;

namespace SafeClockin.Api.Hosting;

/// <summary>
/// Keeps some connections free whatever one address does: for the platform's probes, and for everybody else. (Most come
/// from one address, when a gateway stands before the service.)
/// </summary>
internal sealed class ConnectionLimit(int connections)
{
    private const int Most = 10_000;
    private const int Fewest = 64;

    // Files that the process has open beside its clients' connections: two for each library, and the runtime, the
    // database, WeChat, telemetry, the log. It holds 350 after its start, and 380 when all libraries are loaded.
    private const int OwnFiles = 640;

    private readonly PartitionedRateLimiter<IPAddress> _perAddress = PartitionedRateLimiter.Create<IPAddress, IPAddress>(
        address => RateLimitPartition.GetConcurrencyLimiter(
            HostOf(address), _ => new() { PermitLimit = connections - (connections / 8) }));

    /// <summary>How many connections the files that the process may open allow for.</summary>
    /// <exception cref="SettingException">Too few to serve.</exception>
    public static int MostConnections()
    {
        var files = ReadFileLimit();
        return files >= OwnFiles + Fewest
            ? Math.Min(Most, files - OwnFiles)
            : throw new SettingException(
                "The limit of open files (ulimit -n)", $"{files}", $"{OwnFiles + Fewest} or more: {OwnFiles} and one for each connection");
    }

    /// <summary>Serves a connection, or ends it when its address has too many.</summary>
    public async Task ServeAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        using var place = _perAddress.AttemptAcquire((connection.RemoteEndPoint as IPEndPoint)?.Address ?? IPAddress.None);
        if (place.IsAcquired)
            await next(connection);
    }

    /// <summary>Whom an address belongs to: an IPv6 host has a whole /64 to choose from.</summary>
    public static IPAddress HostOf(IPAddress address)
        => address.IsIPv4MappedToIPv6 ? address.MapToIPv4()
            : address.AddressFamily == AddressFamily.InterNetworkV6
                ? new IPAddress([.. address.GetAddressBytes()[..8], .. new byte[8]])
                : address;

    // Linux tells; elsewhere there is no such limit, or a high one.
    internal static int ReadFileLimit(string limits = "/proc/self/limits")
    {
        var line = File.Exists(limits)
            ? File.ReadLines(limits).FirstOrDefault(line => line.StartsWith("Max open files", StringComparison.Ordinal))
            : null;
        var soft = line?["Max open files".Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0];
        return int.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out var files) ? files : int.MaxValue;
    }
}
