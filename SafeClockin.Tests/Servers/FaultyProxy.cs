using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace SafeClockin.Tests.Servers;

/// <summary>A connection to a server on loopback that does something to the server's answers on their way.</summary>
internal sealed class FaultyProxy : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentBag<TcpClient> _connections = [];
    private readonly int _serverPort;
    private volatile Func<NetworkStream, ReadOnlyMemory<byte>, Task> _forward = Untouched;

    public FaultyProxy(int serverPort)
    {
        _serverPort = serverPort;
        _listener.Start();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>How many connections have been made through it.</summary>
    public int Connections { get; private set; }

    /// <summary>How many pieces of answers have come from the server.</summary>
    public int Answers { get; private set; }

    /// <summary>Has each piece of an answer forwarded so from now on; what this throws cuts the connection.</summary>
    public void Forward(Func<NetworkStream, ReadOnlyMemory<byte>, Task> forward) => _forward = forward;

    public static async Task Untouched(NetworkStream client, ReadOnlyMemory<byte> answer) => await client.WriteAsync(answer);

    /// <summary>What the client sends arrives; what the server answers does not, and the connection is cut.</summary>
    public static Task Lost(NetworkStream client, ReadOnlyMemory<byte> answer) => throw new IOException("lost");

    public static Func<NetworkStream, ReadOnlyMemory<byte>, Task> Late(TimeSpan delay) => async (client, answer) =>
    {
        await Task.Delay(delay);
        await client.WriteAsync(answer);
    };

    public static async Task InPieces(NetworkStream client, ReadOnlyMemory<byte> answer)
    {
        for (var i = 0; i < answer.Length; i++)
        {
            await client.WriteAsync(answer.Slice(i, 1));
            await Task.Yield();
        }
    }

    public static async Task Twice(NetworkStream client, ReadOnlyMemory<byte> answer)
    {
        await client.WriteAsync(answer);
        await client.WriteAsync(answer);
    }

    public static async Task Garbled(NetworkStream client, ReadOnlyMemory<byte> answer)
        => await client.WriteAsync(answer.ToArray().Select(b => (byte)(b ^ 0x5A)).ToArray());

    /// <summary>Closes every connection as a NAT or a proxy does that has forgotten them.</summary>
    public void CutAll()
    {
        while (_connections.TryTake(out var connection))
            connection.Dispose();
    }

    public void Dispose()
    {
        _listener.Dispose();
        CutAll();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync();
                Connections++;
                _ = ServeAsync(client);
            }
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
        catch (Exception e) when (e is SocketException or IOException or ObjectDisposedException or InvalidOperationException)
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
        while ((length = await server.ReadAsync(buffer)) > 0)
        {
            Answers++;
            await _forward(client, buffer.AsMemory(0, length));
        }
    }
}
