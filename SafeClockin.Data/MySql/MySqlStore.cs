using Dapper;
using Microsoft.Extensions.Logging;
using MySqlConnector;

namespace SafeClockin.Data.MySql;

/// <summary>
/// The database that MYSQL_ADDRESS names, and which of its nodes is used. One is used at a time, so that writers do not
/// meet on two; the next one takes its place when it fails. The driver's own fail-over would use two at once when a node
/// comes back, and stay with one that accepts connections and then hangs or is read-only.
/// </summary>
internal sealed class MySqlStore : IAsyncDisposable
{
    /// <summary>
    /// What the promises stand on, whatever a server's defaults are: a statement is committed when it is answered,
    /// stores what it says or fails, and reads what is committed; it waits for others for a shorter time than it is
    /// waited for, so that its outcome is known; no SELECT is cut short, and times are UTC.
    /// </summary>
    /// <remarks>
    /// REPEATABLE READ, because InnoDB refuses to write under READ COMMITTED where binlog_format is STATEMENT.
    /// </remarks>
    private const string SessionSettings =
        """
        SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ WRITE;
        SET SESSION autocommit = 1, completion_type = 0, unique_checks = 1,
            sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', sql_select_limit = 18446744073709551615,
            time_zone = '+00:00', lock_wait_timeout = 1, innodb_lock_wait_timeout = 1
        """;

    private readonly Node[] _nodes;
    private readonly ILogger<MySqlStore> _logger;
    private readonly List<MySqlTable> _tables = [];
    private int _generation;

    public MySqlStore(MySqlSettings settings, TimeProvider time, ILogger<MySqlStore> logger)
    {
        Time = time;
        _logger = logger;
        _nodes = [.. settings.Nodes.Select(node => new Node(node))];
        _logger.LogInformation("Storing in {Store}", settings);
    }

    public TimeProvider Time { get; }

    /// <summary>
    /// Counts the times that a node has been left, and so tells which one is used. A connection of an earlier generation
    /// is not used any more, also when the node is the same one.
    /// </summary>
    public int Generation => Volatile.Read(ref _generation);

    /// <summary>A table of this database, with a share of the connections to it.</summary>
    /// <param name="definition">What it must be.</param>
    /// <param name="others">Tables that its statements use beside it.</param>
    public MySqlTable AddTable(MySqlTableDefinition definition, params MySqlTableDefinition[] others)
    {
        var table = new MySqlTable(this, [definition, .. others]);
        _tables.Add(table);
        return table;
    }

    /// <summary>Connects to the node of a generation, and makes the database there when it is missing.</summary>
    public async Task<MySqlConnection> OpenConnectionAsync(int generation)
    {
        var node = NodeOf(generation);
        try
        {
            return await node.DataSource.OpenConnectionAsync();
        }
        catch (MySqlException e) when (e.ErrorCode == MySqlErrorCode.UnknownDatabase)
        {
            await CreateDatabaseAsync(node.Settings);
            return await node.DataSource.OpenConnectionAsync();
        }
    }

    /// <summary>Leaves the node of a generation for the next one, unless another call has done so already.</summary>
    public void FailOver(int generation, Exception reason)
    {
        if (Interlocked.CompareExchange(ref _generation, generation + 1, generation) != generation)
            return;
        var node = NodeOf(generation);
        if (!Interlocked.Exchange(ref node.HasFailed, true))
            _logger.LogWarning("Leaving database node {Node}: {Reason}", node, reason.Message);
    }

    /// <summary>Notes that the node of a generation has answered.</summary>
    public void Answered(int generation)
    {
        var node = NodeOf(generation);
        if (Volatile.Read(ref node.HasFailed) && Interlocked.Exchange(ref node.HasFailed, false))
            _logger.LogWarning("Using database node {Node} again", node);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var table in _tables)
            await table.DisposeAsync();
        foreach (var node in _nodes)
            await node.DataSource.DisposeAsync();
    }

    private static async Task CreateDatabaseAsync(MySqlConnectionStringBuilder settings)
    {
        var server = new MySqlConnectionStringBuilder(settings.ConnectionString) { Database = "" };
        await using var connection = new MySqlConnection(server.ConnectionString);
        await connection.OpenAsync();
        await connection.ExecuteAsync(SessionSettings);
        await connection.ExecuteAsync(
            $"CREATE DATABASE IF NOT EXISTS `{settings.Database.Replace("`", "``", StringComparison.Ordinal)}`");
    }

    private Node NodeOf(int generation) => _nodes[generation % _nodes.Length];

    private sealed class Node(MySqlConnectionStringBuilder settings)
    {
        /// <summary>Whether it was left and has not answered since.</summary>
        public bool HasFailed;

        public MySqlConnectionStringBuilder Settings => settings;

        // Without the driver's own logging: each failed attempt would have several lines.
        public MySqlDataSource DataSource { get; } = new MySqlDataSourceBuilder(settings.ConnectionString)
            .UseConnectionOpenedCallback(async (context, _) => await context.Connection.ExecuteAsync(SessionSettings))
            .Build();

        public override string ToString() => $"{settings.Server}:{settings.Port}";
    }
}
