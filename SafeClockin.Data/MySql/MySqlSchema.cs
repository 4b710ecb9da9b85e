using Dapper;
using MySqlConnector;

namespace SafeClockin.Data.MySql;

/// <summary>
/// Finds or makes the database and its table when they are first needed: the service listens before its database is
/// reachable, and makes anew what is dropped meanwhile.
/// </summary>
internal sealed class MySqlSchema(MySqlNodes nodes)
{
    private readonly Lock _gate = new();
    private Task<long>? _ceiling;

    /// <summary>
    /// The highest count that the table's column holds, which also tells that the table exists: py-safeClockin made
    /// it 32 bits wide, this service makes it 64. Callers that come at once share one attempt; a failed attempt
    /// is made anew for the next caller.
    /// </summary>
    public Task<long> FindCeilingAsync()
    {
        lock (_gate)
        {
            if (_ceiling is null or { IsFaulted: true })
                _ceiling = FindOrMakeTableAsync();
            return _ceiling;
        }
    }

    /// <summary>Has the table looked for again, because it was dropped or altered meanwhile.</summary>
    public void Forget()
    {
        lock (_gate)
            _ceiling = null;
    }

    private async Task<long> FindOrMakeTableAsync()
    {
        try
        {
            return await ReadCeilingAsync();
        }
        catch (MySqlException e) when (MySqlFailures.Of(e) == MySqlFailure.TableMissing)
        {
            await MakeTableAsync();
            return await ReadCeilingAsync();
        }
    }

    private async Task<long> ReadCeilingAsync()
    {
        await using var connection = await nodes.Current.OpenConnectionAsync();
        await using var reader = await connection.ExecuteReaderAsync("SELECT `count` FROM `Counters` LIMIT 0");
        return Type.GetTypeCode(reader.GetFieldType(0)) switch
        {
            TypeCode.Int32 => int.MaxValue,
            TypeCode.UInt32 => uint.MaxValue,
            _ => long.MaxValue,
        };
    }

    // Only what is missing is made, so that an account without CREATE can use what somebody else made.
    private async Task MakeTableAsync()
    {
        try
        {
            await ExecuteAsync();
        }
        catch (MySqlException e) when (e.ErrorCode == MySqlErrorCode.UnknownDatabase)
        {
            await MakeDatabaseAsync();
            await ExecuteAsync();
        }

        async Task ExecuteAsync()
        {
            await using var connection = await nodes.Current.OpenConnectionAsync();
            await connection.ExecuteAsync(
                """
                CREATE TABLE IF NOT EXISTS `Counters` (
                    `id` int NOT NULL AUTO_INCREMENT,
                    `count` bigint NOT NULL DEFAULT 0,
                    `createdAt` timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
                    `updatedAt` timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
                    PRIMARY KEY (`id`)
                ) ENGINE = InnoDB
                """);
        }
    }

    private async Task MakeDatabaseAsync()
    {
        var server = new MySqlConnectionStringBuilder(nodes.Current.ConnectionString);
        var database = server.Database;
        server.Database = "";
        server.Pooling = false;

        await using var connection = new MySqlConnection(server.ConnectionString);
        await connection.OpenAsync();
        await connection.ExecuteAsync($"CREATE DATABASE IF NOT EXISTS `{database.Replace("`", "``", StringComparison.Ordinal)}`");
    }
}
