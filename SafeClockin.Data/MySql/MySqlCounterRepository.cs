using Dapper;
using MySqlConnector;
using SafeClockin.Domain.Counters;

namespace SafeClockin.Data.MySql;

internal sealed class MySqlCounterRepository : ICounterRepository
{
    private readonly MySqlTable _table;
    private long _ceiling;

    public MySqlCounterRepository(MySqlStore store)
        => _table = store.AddTable(new(
            "Counters",
            Keys: ["id"],
            """
            CREATE TABLE IF NOT EXISTS `Counters` (
                `id` int NOT NULL AUTO_INCREMENT,
                `count` bigint NOT NULL DEFAULT 0,
                `createdAt` timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
                `updatedAt` timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
                PRIMARY KEY (`id`)
            ) ENGINE = InnoDB
            """,
            ReadCeilingAsync));

    public Task<long?> QueryCounterByIdAsync(int id)
        => _table.RepeatableAsync(connection => connection.QuerySingleOrDefaultAsync<long?>(
            "SELECT `count` FROM `Counters` WHERE `id` = @id",
            new { id }));

    public Task<Increase> IncreaseCounterByIdAsync(int id, long by)
        => _table.OnceAsync(async connection =>
        {
            var (before, after) = await IncreaseAsync(connection, id, by);
            if (after - before == by)
                return new(before, after);

            // Full. Operators answer that by making the column wider.
            await ReadCeilingAsync(connection);
            return new Increase(before, (await IncreaseAsync(connection, id, by - (after - before))).After);
        });

    /// <remarks>py-safeClockin deletes the row, on which increments at the same time run into deadlocks.</remarks>
    public Task ClearCounterByIdAsync(int id)
        => _table.OnceAsync(connection => connection.ExecuteAsync(
            "UPDATE `Counters` SET `count` = 0, `updatedAt` = CURRENT_TIMESTAMP WHERE `id` = @id",
            new { id }));

    /// <remarks>
    /// LAST_INSERT_ID(x) yields x and has the server tell it with its answer, which is how one atomic statement tells the
    /// count that it found, from which the one that it left follows. It is unsigned, hence the cast. Columns are assigned
    /// in the order in which they stand here: `updatedAt` sees the old count.
    /// </remarks>
    private async Task<Increase> IncreaseAsync(MySqlConnection connection, int id, long by)
    {
        var ceiling = Volatile.Read(ref _ceiling);
        await using var increase = new MySqlCommand(
            """
            INSERT INTO `Counters` (`id`, `count`, `createdAt`, `updatedAt`)
            VALUES (@id, LAST_INSERT_ID(0) + LEAST(@by, @ceiling), CURRENT_TIMESTAMP, CURRENT_TIMESTAMP)
            ON DUPLICATE KEY UPDATE
                `updatedAt` = IF(COALESCE(`count`, 0) < @ceiling, CURRENT_TIMESTAMP, `updatedAt`),
                `count` = IF(
                    CAST(LAST_INSERT_ID(COALESCE(`count`, 0)) AS SIGNED) > @ceiling - @by, @ceiling, COALESCE(`count`, 0) + @by)
            """,
            connection);
        increase.Parameters.AddWithValue("@id", id);
        increase.Parameters.AddWithValue("@by", by);
        increase.Parameters.AddWithValue("@ceiling", ceiling);
        await increase.ExecuteNonQueryAsync();
        var before = increase.LastInsertedId;
        return new(before, before > ceiling - by ? ceiling : before + by);
    }

    /// <summary>The most that a column holds, by its type as the server shows it: MySQL 8.0.19 and newer without its width.</summary>
    internal static long CeilingOf(string type) => type.Split('(', ' ')[0] switch
    {
        "int" => type.Contains("unsigned", StringComparison.Ordinal) ? uint.MaxValue : int.MaxValue,
        "bigint" => long.MaxValue,
        _ => throw new InvalidTableException("Counters", $"its column count is a {type}, not an int or a bigint"),
    };

    // py-safeClockin made the column 32 bits wide.
    private async Task ReadCeilingAsync(MySqlConnection connection)
    {
        var type = (await connection.QuerySingleAsync<(string Name, string Type)>("SHOW COLUMNS FROM `Counters` LIKE 'count'")).Type;
        Volatile.Write(ref _ceiling, CeilingOf(type));
    }
}
