using Dapper;
using Microsoft.Data.Sqlite;
using SafeClockin.Domain.Counters;

namespace SafeClockin.Data.Sqlite;

internal sealed class SqliteCounterRepository : ICounterRepository
{
    private readonly SqliteStore _store;

    public SqliteCounterRepository(SqliteStore store)
    {
        _store = store;
        store.AddTables(new SqliteTableDefinition(
            "Counters",
            Key: ["id"],
            """
            CREATE TABLE IF NOT EXISTS Counters (
                id INTEGER PRIMARY KEY,
                count INTEGER NOT NULL,
                createdAt TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
                updatedAt TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
            ) STRICT
            """));
    }

    public Task<long?> QueryCounterByIdAsync(int id) => _store.RunAsync(connection => Query(connection, id));

    public Task<Increase> IncreaseCounterByIdAsync(int id, long by)
        => _store.RunAsync(connection =>
        {
            using var transaction = connection.BeginTransaction(); // takes the write lock
            var before = Query(connection, id) ?? 0;
            var after = before > long.MaxValue - by ? long.MaxValue : before + by;
            if (after > before)
            {
                connection.Execute(
                    """
                    INSERT INTO Counters (id, count) VALUES (@id, @after)
                    ON CONFLICT (id) DO UPDATE SET count = @after, updatedAt = CURRENT_TIMESTAMP
                    """,
                    new { id, after });
            }

            transaction.Commit();
            return new Increase(before, after);
        });

    public Task ClearCounterByIdAsync(int id)
        => _store.RunAsync(connection => connection.Execute(
            "UPDATE Counters SET count = 0, updatedAt = CURRENT_TIMESTAMP WHERE id = @id",
            new { id }));

    private static long? Query(SqliteConnection connection, int id)
        => connection.QuerySingleOrDefault<long?>("SELECT count FROM Counters WHERE id = @id", new { id });
}
