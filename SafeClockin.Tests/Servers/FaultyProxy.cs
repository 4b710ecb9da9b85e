using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace SafeClockin.Tests.Servers;

/// <summary>A connection to a server on loopback whose answers can be lost on the way.</summary>
internal sealed class FaultyProxy : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentBag<TcpClient> _connections = [];
    private readonly int _serverPort;
    private volatile bool _losesAnswers;

    public FaultyProxy(int serverPort)
    {
        _serverPort = serverPort;
        _listener.Start();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>What the client sends arrives; what the server answers does not, and the connection is cut.</summary>
    public void LoseAnswers(bool losesAnswers) => _losesAnswers = losesAnswers;

    public void Dispose()
    {
        _listener.Dispose();
        foreach (var connection in _connections)
            connection.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = ServeAsync(await _listener.AcceptTcpClientAsync());
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        var server = new TcpClient { NoDelay = true };
        client.NoDelay = true;
        _connections.Add(client);
        _connections.Add(server);
        try
        {
            await server.ConnectAsync(IPAddress.Loopback, _serverPort);
            await Task.WhenAny(
                client.GetStream().CopyToAsync(server.GetStream()),
                CopyAnswersAsync(server.GetStream(), client.GetStream()));
        }
        catch (Exception e) when (e is SocketException or IOException or ObjectDisposedException)
        {
            // One side has gone; the other learns it below.
        }

        client.Dispose();
        server.Dispose();
    }

    private async Task CopyAnswersAsync(NetworkStream server, NetworkStream client)
    {
        var buffer = new byte[16 * 1024];
        int length;
        while ((length = await server.ReadAsync(buffer)) > 0 && !_losesAnswers)
            await client.WriteAsync(buffer.AsMemory(0, length));
    }
}
