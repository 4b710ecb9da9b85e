using Microsoft.Extensions.Logging;
using MySqlConnector;

namespace SafeClockin.Data.MySql;

/// <summary>
/// The nodes of MYSQL_ADDRESS. One of them is used at a time, so that writers do not meet on two; the others take its
/// place when it fails. The driver's own fail-over would use two at once when a node comes back, and stay with one
/// that accepts connections and then hangs or is read-only.
/// </summary>
internal sealed class MySqlNodes : IAsyncDisposable
{
    private readonly MySqlDataSource[] _nodes;
    private readonly ILogger<MySqlNodes> _logger;
    private volatile int _current;

    public MySqlNodes(MySqlSettings settings, ILoggerFactory loggers)
    {
        _logger = loggers.CreateLogger<MySqlNodes>();
        _nodes = [.. settings.ConnectionStrings.Select(node =>
            new MySqlDataSourceBuilder(node).UseLoggerFactory(loggers).Build())];
    }

    /// <summary>Where to connect now.</summary>
    public MySqlDataSource Current => _nodes[_current];

    /// <summary>
    /// Lets go of the connections to a node that failed and goes on to the next one; nothing happens when another call
    /// has done so already.
    /// </summary>
    public async Task LeaveAsync(MySqlDataSource failed, Exception reason)
    {
        var index = Array.IndexOf(_nodes, failed);
        var next = (index + 1) % _nodes.Length;
        if (Interlocked.CompareExchange(ref _current, next, index) != index)
            return;

        if (next != index)
            _logger.LogWarning("Leaving database node {Index} for the next one: {Reason}", index + 1, reason.Message);
        await using var connection = failed.CreateConnection();
        await MySqlConnection.ClearPoolAsync(connection);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
            await node.DisposeAsync();
    }
}
