using System.Collections.Concurrent;
using Dapper;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using SafeClockin.Domain;

namespace SafeClockin.Data.Sqlite;

/// <summary>
/// The embedded file, for development and for a service of one process. One connection serves one call at a time; after
/// a failure it is closed, and the next call starts from nothing.
/// </summary>
internal sealed class SqliteStore : IDisposable
{
    /// <summary>How long a call may wait for its turn, and then for another process: 4 s in all, as the ports say.</summary>
    private static readonly TimeSpan WaitingTimeout = TimeSpan.FromSeconds(2);

    private readonly string _file;
    private readonly string _connectionString;
    private readonly ConcurrentQueue<SqliteTableDefinition> _tables = [];
    private readonly SemaphoreSlim _turn = new(1);
    private SqliteConnection? _connection;
    private string _log = "";
    private (FileIdentity? Database, FileIdentity? Log) _opened;

    /// <summary>Opens nothing yet: a file that cannot be opened is reported to whoever asks for it.</summary>
    public SqliteStore(string file, ILogger<SqliteStore> logger)
    {
        _file = file;
        _connectionString = new SqliteConnectionStringBuilder
        {
            DataSource = file,
            DefaultTimeout = (int)WaitingTimeout.TotalSeconds,
            Pooling = false,
        }.ConnectionString;
        logger.LogInformation("Storing in the embedded SQLite file {File}; set MYSQL_ADDRESS to store in MySQL", file);
    }

    /// <summary>Adds tables that a repository uses, which are made when they are missing.</summary>
    public void AddTables(params SqliteTableDefinition[] definitions)
    {
        foreach (var definition in definitions)
            _tables.Enqueue(definition);
    }

    /// <summary>Runs statements, which are on the disk when this returns.</summary>
    /// <exception cref="FailureException">The file is unavailable; the statements have run once or not at all.</exception>
    /// <remarks>SQLite works on the calling thread, whatever its driver's asynchronous methods promise.</remarks>
    public async Task<T> RunAsync<T>(Func<SqliteConnection, T> statements)
    {
        if (!await _turn.WaitAsync(WaitingTimeout))
            throw FailureException.StoreUnavailable(new TimeoutException("Earlier calls take too long."));
        try
        {
            return await Task.Run(() => Run(statements));
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose()
    {
        Close();
        _turn.Dispose();
    }

    private T Run<T>(Func<SqliteConnection, T> statements)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                if (_connection is not null && HasMoved())
                    Close();
                _connection ??= Open();
                var result = statements(_connection);
                return HasMoved() ? throw new IOException("The file was moved while it was in use, or its -wal file was.") : result;
            }
            catch (SqliteException e) when (attempt == 1 && e.Message.Contains("no such table", StringComparison.Ordinal))
            {
                Close(); // it was dropped: opening makes it again
            }
            catch (Exception e)
            {
                Close();
                throw FailureException.StoreUnavailable(e);
            }
        }
    }

    private SqliteConnection Open()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_file)!);
        var connection = new SqliteConnection(_connectionString);
        try
        {
            connection.Open();
            // FULL: a commit is on the disk before it is acknowledged, in WAL mode too.
            connection.Execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
            foreach (var table in _tables)
                Check(connection, table);
            // SQLite keeps the log beside the file that a link leads to.
            _log = (File.ResolveLinkTarget(_file, returnFinalTarget: true)?.FullName ?? _file) + "-wal";
            _opened = Identify();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private static void Check(SqliteConnection connection, SqliteTableDefinition table)
    {
        const string FindStrict = "SELECT strict FROM pragma_table_list WHERE schema = 'main' AND name = @Name";
        var isStrict = connection.QuerySingleOrDefault<bool?>(FindStrict, table);
        if (isStrict is null)
        {
            connection.Execute(table.CreateTable);
            isStrict = connection.QuerySingleOrDefault<bool?>(FindStrict, table);
        }

        if (isStrict is not true)
            throw new InvalidTableException(table.Name, "it is not STRICT");
        var key = connection.Query<string>("SELECT name FROM pragma_table_info(@Name) WHERE pk > 0 ORDER BY pk", table);
        if (!key.SequenceEqual(table.Key))
            throw new InvalidTableException(table.Name, $"its primary key is not {string.Join(", ", table.Key)}");
    }

    // Closing writes what the -wal file holds into the database and deletes it, by its name. SQLite leaves that when another
    // database has taken the name, for the -wal file is that one's then.
    private void Close()
    {
        _connection?.Dispose();
        _connection = null;
    }

    // What is written into a file without a name is lost with the process.
    private bool HasMoved() => Identify() != _opened;

    private (FileIdentity? Database, FileIdentity? Log) Identify()
        => (FileIdentity.Find(_file), FileIdentity.Find(_log));
}

/// <summary>What a table must be.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Key">The columns that must identify a row: those of its primary key.</param>
/// <param name="CreateTable">
/// Makes the table. It has to be STRICT: otherwise SQLite stores what does not fit a column all the same.
/// </param>
internal sealed record SqliteTableDefinition(string Name, string[] Key, string CreateTable);
