using System.Net;
using System.Net.Sockets;

namespace SafeClockin.Tests.Servers;

/// <summary>Something on a loopback port that is no database: it says one thing to whoever connects, and then waits or hangs up.</summary>
internal sealed class ForeignServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly List<TcpClient> _clients = [];

    public ForeignServer(byte[] greeting, bool hangsUp)
    {
        _listener.Start();
        _ = AcceptAsync(greeting, hangsUp);
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public void Dispose()
    {
        _listener.Dispose();
        lock (_clients)
            _clients.ForEach(client => client.Dispose());
    }

    private async Task AcceptAsync(byte[] greeting, bool hangsUp)
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync();
                lock (_clients)
                    _clients.Add(client);
                await client.GetStream().WriteAsync(greeting);
                if (hangsUp)
                    client.Dispose();
            }
        }
        catch (Exception e) when (e is SocketException or IOException or ObjectDisposedException)
        {
            // The test is over.
        }
    }
}
