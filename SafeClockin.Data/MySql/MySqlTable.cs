using System.Collections.Concurrent;
using Dapper;
using MySqlConnector;
using SafeClockin.Domain;

namespace SafeClockin.Data.MySql;

/// <summary>
/// One table: runs its statements on a few connections of its own, so that callers of a table that is locked or slow hold
/// up nobody else. The table is made when it is missing, and refused when it cannot keep what the service promises; so are
/// others that its statements use.
/// </summary>
/// <param name="store">The database.</param>
/// <param name="definitions">What the table must be, and then others that its statements use.</param>
/// <remarks>
/// The driver's pool would not do: it hands out connections that died while idle, keeps those whose rights have changed,
/// and lets one table's callers take all of them.
/// </remarks>
internal sealed class MySqlTable(MySqlStore store, MySqlTableDefinition[] definitions) : IAsyncDisposable
{
    private const int ConnectionLimit = 8;

    /// <summary>How long a call may take, with everything that belongs to it.</summary>
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(4);

    /// <summary>For how long a statement that has not run is tried again, as for a database that wakes up.</summary>
    private static readonly TimeSpan RetryTimeout = TimeSpan.FromSeconds(3);

    /// <summary>After how long without an answer a connection is asked for one before a write is trusted to it.</summary>
    private static readonly TimeSpan PingAfter = TimeSpan.FromMilliseconds(1);

    /// <summary>How long a connection is used: new ones follow the addresses that a host's name has by then.</summary>
    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(5);

    private readonly SemaphoreSlim _free = new(ConnectionLimit);
    private readonly ConcurrentStack<Session> _idle = [];
    private bool _isClosed;

    /// <summary>Runs what changes nothing, or nothing more when it runs twice: it is repeated when its answer is lost.</summary>
    /// <exception cref="FailureException">The database is unavailable.</exception>
    public Task<T> RepeatableAsync<T>(Func<MySqlConnection, Task<T>> statements) => RunAsync(statements, isRepeatable: true);

    /// <summary>Runs what must not run twice: it is never sent again once it may have run.</summary>
    /// <exception cref="FailureException">The database is unavailable; the statement has run once or not at all.</exception>
    public Task<T> OnceAsync<T>(Func<MySqlConnection, Task<T>> statements) => RunAsync(statements, isRepeatable: false);

    /// <summary>Closes all connections; one that is in use, once it is not.</summary>
    public async ValueTask DisposeAsync()
    {
        Interlocked.Exchange(ref _isClosed, true);
        await CloseIdleAsync();
    }

    private async Task<T> RunAsync<T>(Func<MySqlConnection, Task<T>> statements, bool isRepeatable)
    {
        try
        {
            return await RetryAsync(statements, isRepeatable).WaitAsync(CallTimeout, store.Time);
        }
        catch (Exception e)
        {
            throw FailureException.StoreUnavailable(e);
        }
    }

    private async Task<T> RetryAsync<T>(Func<MySqlConnection, Task<T>> statements, bool isRepeatable)
    {
        var began = store.Time.GetTimestamp();
        for (var attempt = 1; ; attempt++)
        {
            var generation = store.Generation;
            Session? session = null;
            bool isReused = false, isSent = false, isLate = false;
            await EnterAsync(began);
            try
            {
                session = await RentAsync(generation, isRepeatable);
                isReused = session.IsChecked;
                if (!isReused)
                {
                    foreach (var definition in definitions)
                        await CheckAsync(session.Connection, definition);
                }

                session.IsChecked = true;
                isLate = store.Time.GetElapsedTime(began) > CallTimeout;
                if (isLate)
                {
                    await ReturnAsync(session); // which is as good as the node: the time went before, waiting for others
                    throw new TimeoutException("Its caller has been told by now that it failed.");
                }

                isSent = true;
                var result = await statements(session.Connection);
                await ReturnAsync(session);
                return result;
            }
            catch (Exception e) when (!isLate)
            {
                var error = MySqlErrors.Classify(e);
                if (session is null || error is MySqlError.NodeFailed or MySqlError.NodeUnavailable)
                    store.FailOver(generation, e);
                if (error == MySqlError.RolledBack && session is not null)
                    await ReturnAsync(session);
                else if (session is not null)
                    await session.Connection.DisposeAsync();

                var mayRunAgain = error switch
                {
                    MySqlError.RolledBack or MySqlError.NodeUnavailable or MySqlError.TableMissing => true,
                    MySqlError.ConnectionLost or MySqlError.NodeFailed => isRepeatable || !isSent,
                    MySqlError.AccessDenied => session is null || isReused, // elsewhere, or with the rights of today
                    _ => session is null,
                };
                if (!mayRunAgain || store.Time.GetElapsedTime(began) > RetryTimeout)
                    throw;
            }
            finally
            {
                _free.Release();
            }

            // Ever later, and apart from the others that failed at the same moment.
            await Task.Delay(Random.Shared.Next(10, 50) * attempt);
        }
    }

    private async Task EnterAsync(long began)
    {
        var rest = CallTimeout - store.Time.GetElapsedTime(began);
        if (rest < TimeSpan.Zero || !await _free.WaitAsync(rest))
            throw new TimeoutException($"All connections for the table {definitions[0].Name} are busy.");
    }

    /// <summary>An idle connection that is alive, or else a new one.</summary>
    private async Task<Session> RentAsync(int generation, bool isRepeatable)
    {
        while (_idle.TryPop(out var session))
        {
            if (session.Generation == generation && store.Time.GetElapsedTime(session.Opened) < ConnectionLifetime
                && (isRepeatable || await IsAliveAsync(session)))
            {
                return session;
            }

            await session.Connection.DisposeAsync();
        }

        return new(await store.OpenConnectionAsync(generation), generation, store.Time.GetTimestamp());
    }

    // A server, a proxy or a NAT has closed it meanwhile: that says nothing about the node.
    private async Task<bool> IsAliveAsync(Session session)
    {
        if (store.Time.GetElapsedTime(session.Answered) < PingAfter)
            return true;
        try
        {
            await session.Connection.ExecuteAsync("DO 1");
            return true;
        }
        catch (Exception e)
        {
            if (MySqlErrors.Classify(e) == MySqlError.ConnectionLost)
                return false;
            await session.Connection.DisposeAsync();
            throw;
        }
    }

    private async ValueTask ReturnAsync(Session session)
    {
        session.Answered = store.Time.GetTimestamp();
        store.Answered(session.Generation);
        _idle.Push(session);
        if (Volatile.Read(ref _isClosed))
            await CloseIdleAsync();
    }

    private async ValueTask CloseIdleAsync()
    {
        while (_idle.TryPop(out var session))
            await session.Connection.DisposeAsync();
    }

    /// <summary>Makes a table when it is missing; an account without the right to do so uses what somebody else made.</summary>
    private static async Task CheckAsync(MySqlConnection connection, MySqlTableDefinition table)
    {
        var engine = await FindEngineAsync(connection, table.Name);
        if (engine is null)
        {
            await connection.ExecuteAsync(table.CreateTable);
            engine = await FindEngineAsync(connection, table.Name);
        }

        if (engine != "transactional")
            throw new InvalidTableException(table.Name, "its storage engine has no transactions");

        var uniqueKeys = await connection.QueryAsync<string>(
            """
            SELECT GROUP_CONCAT(COLUMN_NAME ORDER BY SEQ_IN_INDEX) FROM information_schema.STATISTICS
            WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = @Name AND NON_UNIQUE = 0
            GROUP BY INDEX_NAME HAVING COUNT(SUB_PART) = 0
            """,
            new { table.Name });
        foreach (var key in table.Keys)
        {
            if (!uniqueKeys.Contains(key, StringComparer.OrdinalIgnoreCase))
                throw new InvalidTableException(table.Name, $"it has no unique key on {key}");
        }

        if (table.CheckAsync is not null)
            await table.CheckAsync(connection);
    }

    private static Task<string?> FindEngineAsync(MySqlConnection connection, string name)
        => connection.QuerySingleOrDefaultAsync<string?>(
            """
            SELECT IF(e.TRANSACTIONS = 'YES', 'transactional', 'other')
            FROM information_schema.TABLES t LEFT JOIN information_schema.ENGINES e ON e.ENGINE = t.ENGINE
            WHERE t.TABLE_SCHEMA = DATABASE() AND t.TABLE_NAME = @name
            """,
            new { name });

    /// <summary>An open connection, which one call uses at a time.</summary>
    private sealed class Session(MySqlConnection connection, int generation, long opened)
    {
        public MySqlConnection Connection { get; } = connection;

        public int Generation { get; } = generation;

        public long Opened { get; } = opened;

        public long Answered { get; set; } = opened;

        public bool IsChecked { get; set; }
    }
}

/// <summary>What a table must be.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Keys">The columns of each unique key that a promise stands on, separated by commas.</param>
/// <param name="CreateTable">Makes the table when it is missing.</param>
/// <param name="CheckAsync">Looks at the table further on each new connection; null when there is nothing to look at.</param>
internal sealed record MySqlTableDefinition(
    string Name, string[] Keys, string CreateTable, Func<MySqlConnection, Task>? CheckAsync = null);
