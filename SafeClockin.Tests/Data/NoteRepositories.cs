using Dapper;
using SafeClockin.Data.MySql;
using SafeClockin.Data.Sqlite;

namespace SafeClockin.Tests.Data;

/// <summary>A second table, which exists in the tests alone: what a table costs, and what it gets from its store.</summary>
internal interface INoteRepository
{
    /// <summary>Keeps a note under a key of two parts; the first note of a key stays.</summary>
    Task AddAsync(byte[] owner, int number, string text);

    /// <summary>The notes of an owner in the order of their numbers.</summary>
    Task<IReadOnlyList<string>> ListAsync(byte[] owner);
}

internal sealed class MySqlNoteRepository(MySqlStore store) : INoteRepository
{
    private readonly MySqlTable _table = store.AddTable(new(
        "Notes",
        Keys: ["owner,number"],
        """
        CREATE TABLE IF NOT EXISTS `Notes` (
            `owner` varbinary(64) NOT NULL, `number` int NOT NULL, `text` varchar(20) CHARACTER SET utf8mb4 NOT NULL,
            PRIMARY KEY (`owner`, `number`)
        ) ENGINE = InnoDB
        """));

    public Task AddAsync(byte[] owner, int number, string text)
        => _table.RepeatableAsync(connection => connection.ExecuteAsync(
            "INSERT INTO `Notes` VALUES (@owner, @number, @text) ON DUPLICATE KEY UPDATE `number` = `number`",
            new { owner, number, text }));

    public Task<IReadOnlyList<string>> ListAsync(byte[] owner)
        => _table.RepeatableAsync<IReadOnlyList<string>>(async connection => (await connection.QueryAsync<string>(
            "SELECT `text` FROM `Notes` WHERE `owner` = @owner ORDER BY `number`",
            new { owner })).AsList());
}

internal sealed class SqliteNoteRepository : INoteRepository
{
    private readonly SqliteStore _store;

    public SqliteNoteRepository(SqliteStore store)
    {
        _store = store;
        store.AddTables(new SqliteTableDefinition(
            "Notes",
            Key: ["owner", "number"],
            """
            CREATE TABLE IF NOT EXISTS Notes (
                owner BLOB NOT NULL, number INTEGER NOT NULL, text TEXT NOT NULL CHECK (length(text) <= 20),
                PRIMARY KEY (owner, number)
            ) STRICT, WITHOUT ROWID
            """));
    }

    public Task AddAsync(byte[] owner, int number, string text)
        => _store.RunAsync(connection => connection.Execute(
            "INSERT INTO Notes VALUES (@owner, @number, @text) ON CONFLICT DO NOTHING",
            new { owner, number, text }));

    public Task<IReadOnlyList<string>> ListAsync(byte[] owner)
        => _store.RunAsync<IReadOnlyList<string>>(connection => connection.Query<string>(
            "SELECT text FROM Notes WHERE owner = @owner ORDER BY number",
            new { owner }).AsList());
}
