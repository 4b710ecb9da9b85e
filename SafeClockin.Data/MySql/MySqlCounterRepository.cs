using Dapper;
using MySqlConnector;
using SafeClockin.Domain;
using SafeClockin.Domain.Counters;

namespace SafeClockin.Data.MySql;

internal sealed class MySqlCounterRepository(MySqlNodes nodes, MySqlSchema schema, TimeProvider time) : ICounterRepository
{
    /// <summary>How long a call may take. It may have waited as long for the one before it: together under 10 s.</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(4);

    /// <summary>How long a statement that has not run is tried again, as for a database that wakes up.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2.5);

    /// <summary>After how long without an answer a connection from the pool may be dead.</summary>
    private static readonly TimeSpan Trust = TimeSpan.FromSeconds(1);

    private long _lastAnswer; // 0 after a failure, too

    public Task<long?> QueryCounterByIdAsync(int id)
        => OnTableAsync((connection, _) => connection.QuerySingleOrDefaultAsync<long?>(
            "SELECT `count` FROM `Counters` WHERE `id` = @id",
            new { id }));

    /// <remarks>
    /// LAST_INSERT_ID(x) yields x and keeps it for this connection, which is how one atomic statement tells the
    /// value it made; it is unsigned, hence the casts. Past the ceiling the sum is driven out of BIGINT's range,
    /// which fails under every sql_mode: left alone, a server that is not strict would store the ceiling and report
    /// the sum. The two timestamps are TIMESTAMP columns, for which CURRENT_TIMESTAMP is right in any time zone.
    /// </remarks>
    public Task<long> IncreaseCounterByIdAsync(int id, long by)
        => OnTableAsync((connection, ceiling) => connection.ExecuteScalarAsync<long>(
            """
            INSERT INTO `Counters` (`id`, `count`, `createdAt`, `updatedAt`)
            VALUES (@id, LAST_INSERT_ID(@by), CURRENT_TIMESTAMP, CURRENT_TIMESTAMP)
            ON DUPLICATE KEY UPDATE
                `count` = CAST(LAST_INSERT_ID(
                    COALESCE(`count`, 0) + @by + IF(`count` > @ceiling - @by, 9223372036854775807, 0)) AS SIGNED),
                `updatedAt` = CURRENT_TIMESTAMP;
            SELECT CAST(LAST_INSERT_ID() AS SIGNED)
            """,
            new { id, by, ceiling }));

    /// <remarks>py-safeClockin deletes the row, on which increments at the same time run into deadlocks.</remarks>
    public Task ClearCounterByIdAsync(int id)
        => OnTableAsync((connection, _) => connection.ExecuteAsync(
            "UPDATE `Counters` SET `count` = 0, `updatedAt` = CURRENT_TIMESTAMP WHERE `id` = @id",
            new { id }));

    private async Task<T> OnTableAsync<T>(Func<MySqlConnection, long, Task<T>> statement)
    {
        try
        {
            return await RunAsync(statement).WaitAsync(Deadline);
        }
        catch (MySqlException e) when (MySqlFailures.Of(e) == MySqlFailure.OutOfRange)
        {
            throw new CounterFullException(e);
        }
        catch (Exception e) when (e is MySqlException or TimeoutException)
        {
            throw FailureException.StoreUnavailable(e);
        }
    }

    /// <summary>
    /// Runs a statement, and again as long as it certainly has not run. One that was sent and not answered may have
    /// run: it is never sent again.
    /// </summary>
    private async Task<T> RunAsync<T>(Func<MySqlConnection, long, Task<T>> statement)
    {
        var began = time.GetTimestamp();
        for (var attempt = 1; ; attempt++)
        {
            var node = nodes.Current;
            var isSent = false;
            try
            {
                var ceiling = await schema.FindCeilingAsync();
                await using var connection = await node.OpenConnectionAsync();
                // Found out by this, a dead connection costs the caller nothing: the statement has not been sent.
                if (time.GetElapsedTime(Volatile.Read(ref _lastAnswer)) > Trust)
                    await connection.ExecuteAsync("DO 1");
                isSent = true;
                var answer = await statement(connection, ceiling);
                Volatile.Write(ref _lastAnswer, time.GetTimestamp());
                return answer;
            }
            catch (MySqlException e) when (MySqlFailures.Of(e) is not MySqlFailure.OfTheStatement)
            {
                Volatile.Write(ref _lastAnswer, 0);
                var failure = MySqlFailures.Of(e);
                if (failure is MySqlFailure.TableMissing or MySqlFailure.OutOfRange)
                    schema.Forget(); // it was dropped; or made wider, as operators answer to a full column
                else if (failure is MySqlFailure.NodeRefused or MySqlFailure.Unknown)
                    await nodes.LeaveAsync(node, e);

                var mayHaveRun = isSent && failure == MySqlFailure.Unknown;
                var isFull = failure == MySqlFailure.OutOfRange && attempt > 1;
                if (mayHaveRun || isFull || time.GetElapsedTime(began) > Patience)
                    throw;
            }

            // Ever later, and apart from the others that failed at the same moment.
            await Task.Delay(Random.Shared.Next(10, 50) * attempt);
        }
    }
}
