using System.Globalization;
using System.Text;
using Dapper;
using MySqlConnector;
using SafeClockin.Domain.ClockIns;

namespace SafeClockin.Data.MySql;

internal sealed class MySqlClockInRepository(MySqlStore store) : IClockInRepository
{
    public static readonly MySqlTableDefinition Definition = new(
        "ClockIns",
        Keys: ["openid,day"],
        """
        CREATE TABLE IF NOT EXISTS `ClockIns` (
            `openid` varbinary(64) NOT NULL,
            `day` date NOT NULL,
            `clockedInAt` bigint NOT NULL,
            `streak` int NOT NULL,
            PRIMARY KEY (`openid`, `day`)
        ) ENGINE = InnoDB
        """);

    private readonly MySqlTable _table = store.AddTable(Definition);

    /// <remarks>
    /// It may run twice, as the first clock-in of a day stays. Reading first and then inserting values locks no gaps, as
    /// INSERT … SELECT would; rows in one order keep two batches of the same users from deadlocks.
    /// </remarks>
    public Task<IReadOnlyList<ClockIn>> AddAsync(IReadOnlyList<Tap> taps)
        => _table.RepeatableAsync<IReadOnlyList<ClockIn>>(async connection =>
        {
            var clockIns = new Dictionary<(string OpenId, DateOnly Day), ClockIn>(taps.Count);
            await ReadAsync(connection, taps, clockIns);
            var inserted = new List<(string OpenId, ClockIn ClockIn)>(taps.Count);
            foreach (var tap in taps.OrderBy(tap => tap.OpenId, StringComparer.Ordinal).ThenBy(tap => tap.Day))
            {
                var clockIn = ClockIn.From(tap, clockIns.GetValueOrDefault((tap.OpenId, tap.Day.AddDays(-1))));
                if (clockIns.TryAdd((tap.OpenId, tap.Day), clockIn))
                    inserted.Add((tap.OpenId, clockIn));
            }

            if (inserted.Count > 0 && await InsertAsync(connection, inserted) < inserted.Count)
                await ReadAsync(connection, taps, clockIns); // another replica was first
            return [.. taps.Select(tap => clockIns[(tap.OpenId, tap.Day)])];
        });

    /// <remarks>The last day by ORDER BY and LIMIT, which reads one entry of the index; MAX would read all of a user's.</remarks>
    public Task<IReadOnlyList<ClockIn?>> QueryLastAsync(IReadOnlyList<string> openIds, DateOnly upTo)
        => _table.RepeatableAsync<IReadOnlyList<ClockIn?>>(async connection =>
        {
            await using var query = new MySqlCommand { Connection = connection };
            var users = openIds.Select((openId, i) => $"SELECT {i} AS `position`, {Add(query, openId)} AS `openid`");
            query.CommandText =
                $"""
                SELECT u.`position`, c.`day`, c.`clockedInAt`, c.`streak`
                FROM ({string.Join(" UNION ALL ", users)}) u JOIN `ClockIns` c ON c.`openid` = u.`openid`
                    AND c.`day` = (
                    SELECT l.`day` FROM `ClockIns` l WHERE l.`openid` = u.`openid` AND l.`day` <= '{Text(upTo)}' ORDER BY l.`day` DESC LIMIT 1)
                """;
            var last = new ClockIn?[openIds.Count];
            await using var reader = await query.ExecuteReaderAsync();
            while (await reader.ReadAsync())
                last[reader.GetInt32(0)] = Read(reader);
            return last;
        });

    public Task<IReadOnlyList<ClockIn>> QueryDaysAsync(string openId, DateOnly first, DateOnly last)
        => _table.RepeatableAsync<IReadOnlyList<ClockIn>>(async connection =>
        {
            var rows = await connection.QueryAsync<(DateTime Day, long At, int Streak)>(
                """
                SELECT `day`, `clockedInAt`, `streak` FROM `ClockIns`
                WHERE `openid` = @openId AND `day` BETWEEN @first AND @last ORDER BY `day`
                """,
                new { openId = Encoding.UTF8.GetBytes(openId), first = Text(first), last = Text(last) });
            return [.. rows.Select(row => new ClockIn(DateOnly.FromDateTime(row.Day), row.At, row.Streak))];
        });

    /// <summary>Adds what is kept for the taps' users, of their days and the days before.</summary>
    private static async Task ReadAsync(
        MySqlConnection connection, IReadOnlyList<Tap> taps, Dictionary<(string OpenId, DateOnly Day), ClockIn> clockIns)
    {
        await using var query = new MySqlCommand { Connection = connection };
        query.CommandText =
            $"""
            SELECT `openid`, `day`, `clockedInAt`, `streak` FROM `ClockIns`
            WHERE `openid` IN ({string.Join(", ", taps.Select(tap => Add(query, tap.OpenId)))})
                AND `day` BETWEEN '{Text(taps.Min(tap => tap.Day).AddDays(-1))}' AND '{Text(taps.Max(tap => tap.Day))}'
            """;
        await using var reader = await query.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            var clockIn = Read(reader);
            clockIns[(Encoding.UTF8.GetString(reader.GetFieldValue<byte[]>(0)), clockIn.Day)] = clockIn;
        }
    }

    private static async Task<int> InsertAsync(MySqlConnection connection, List<(string OpenId, ClockIn ClockIn)> rows)
    {
        await using var insert = new MySqlCommand { Connection = connection };
        var values = rows.Select(row => string.Create(
            CultureInfo.InvariantCulture,
            $"({Add(insert, row.OpenId)}, '{Text(row.ClockIn.Day)}', {row.ClockIn.ClockedInAt}, {row.ClockIn.Streak})"));
        insert.CommandText =
            $"""
            INSERT INTO `ClockIns` (`openid`, `day`, `clockedInAt`, `streak`) VALUES {string.Join(", ", values)}
            ON DUPLICATE KEY UPDATE `streak` = `ClockIns`.`streak`
            """;
        return await insert.ExecuteNonQueryAsync();
    }

    // Not by Dapper where the text depends on the batch: it would keep each text that it has seen.
    private static string Add(MySqlCommand command, string openId)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"@{command.Parameters.Count}");
        command.Parameters.AddWithValue(name, Encoding.UTF8.GetBytes(openId));
        return name;
    }

    private static ClockIn Read(MySqlDataReader row) => new(row.GetDateOnly(1), row.GetInt64(2), row.GetInt32(3));

    private static string Text(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
