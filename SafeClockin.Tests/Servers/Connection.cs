using System.Net.Sockets;
using System.Text;

namespace SafeClockin.Tests.Servers;

/// <summary>A connection to the service with nothing between the test and the bytes.</summary>
internal sealed class Connection : IDisposable
{
    private readonly TcpClient _tcp = new() { NoDelay = true };

    /// <param name="service">Where the service listens.</param>
    /// <param name="from">The loopback address to come from; null for the usual one.</param>
    public Connection(Uri service, string? from = null)
    {
        if (from is not null)
            _tcp.Client.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Parse(from), 0));
        _tcp.Connect(service.Host, service.Port);
    }

    public async Task SendAsync(string request) => await _tcp.GetStream().WriteAsync(Encoding.UTF8.GetBytes(request));

    /// <summary>Everything that is answered until the service hangs up.</summary>
    public async Task<string> ReadToEndAsync()
    {
        using var reader = new StreamReader(_tcp.GetStream());
        return await reader.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(20));
    }

    /// <summary>Whether the service has neither answered nor hung up.</summary>
    public bool IsOpen => !(_tcp.Client.Poll(0, SelectMode.SelectRead) && _tcp.Client.Available == 0);

    /// <summary>Ends the connection so that the service meets an error instead of an end.</summary>
    public void Reset()
    {
        _tcp.LingerState = new(true, 0);
        _tcp.Close();
    }

    public void Dispose() => _tcp.Dispose();
}
