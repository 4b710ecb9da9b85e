using Dapper;
using Microsoft.Data.Sqlite;
using SafeClockin.Domain;
using SafeClockin.Domain.Counters;

namespace SafeClockin.Data.Sqlite;

/// <summary>Counters in one file, for development and for a service of one process.</summary>
/// <remarks>
/// SQLite works on the calling thread, whatever its driver's asynchronous methods promise; hence the Task.Run.
/// </remarks>
internal sealed class SqliteCounterRepository(string file) : ICounterRepository, IDisposable
{
    private const int SumIsNoInteger = 3091; // SQLITE_CONSTRAINT_DATATYPE: the sum left 64 bits and became a REAL

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private readonly string _connectionString = new SqliteConnectionStringBuilder
    {
        DataSource = file,
        DefaultTimeout = (int)Patience.TotalSeconds,
    }.ConnectionString;

    // SQLite has one writer at a time. Waiting here costs no thread, waiting inside SQLite would block one.
    private readonly SemaphoreSlim _writer = new(1);
    private volatile bool _hasTable;

    public Task<long?> QueryCounterByIdAsync(int id)
        => Task.Run(() => Run(connection => connection.QuerySingleOrDefault<long?>(
            "SELECT count FROM Counters WHERE id = @id",
            new { id })));

    public Task<long> IncreaseCounterByIdAsync(int id, long by)
        => WriteAsync(connection => connection.ExecuteScalar<long>(
            """
            INSERT INTO Counters (id, count) VALUES (@id, @by)
            ON CONFLICT (id) DO UPDATE SET count = count + @by, updatedAt = CURRENT_TIMESTAMP
            RETURNING count
            """,
            new { id, by }));

    public Task ClearCounterByIdAsync(int id)
        => WriteAsync(connection => connection.Execute(
            "UPDATE Counters SET count = 0, updatedAt = CURRENT_TIMESTAMP WHERE id = @id",
            new { id }));

    public void Dispose()
    {
        CloseAll();
        _writer.Dispose();
    }

    private async Task<T> WriteAsync<T>(Func<SqliteConnection, T> statement)
    {
        if (!await _writer.WaitAsync(Patience))
            throw FailureException.StoreUnavailable(new TimeoutException("Earlier writes take too long."));
        try
        {
            return await Task.Run(() => Run(statement));
        }
        finally
        {
            _writer.Release();
        }
    }

    private T Run<T>(Func<SqliteConnection, T> statement)
    {
        try
        {
            using var connection = Open();
            return statement(connection);
        }
        catch (SqliteException e) when (e.SqliteExtendedErrorCode == SumIsNoInteger)
        {
            throw new CounterFullException(e);
        }
        catch (Exception e) when (e is SqliteException or IOException or UnauthorizedAccessException)
        {
            CloseAll(); // whatever happened to the file, the next call starts from nothing
            throw FailureException.StoreUnavailable(e);
        }
    }

    private void CloseAll()
    {
        _hasTable = false;
        using var connection = new SqliteConnection(_connectionString);
        SqliteConnection.ClearPool(connection);
    }

    private SqliteConnection Open()
    {
        if (!_hasTable)
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);

        var connection = new SqliteConnection(_connectionString);
        connection.Open();
        if (!_hasTable)
        {
            // STRICT refuses what SQLite would otherwise store as a REAL. A connection's `synchronous` is FULL
            // unless told otherwise: a commit is on the disk before it is acknowledged, in WAL mode too.
            connection.Execute(
                """
                PRAGMA journal_mode = WAL;
                CREATE TABLE IF NOT EXISTS Counters (
                    id INTEGER PRIMARY KEY,
                    count INTEGER NOT NULL,
                    createdAt TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
                    updatedAt TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
                ) STRICT
                """);
            _hasTable = true;
        }

        return connection;
    }
}
