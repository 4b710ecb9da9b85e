using System.Globalization;
using System.Text;
using Dapper;
using Microsoft.Data.Sqlite;
using SafeClockin.Domain.ClockIns;

namespace SafeClockin.Data.Sqlite;

internal sealed class SqliteClockInRepository : IClockInRepository
{
    public static readonly SqliteTableDefinition Definition = new(
        "ClockIns",
        Key: ["openid", "day"],
        """
        CREATE TABLE IF NOT EXISTS ClockIns (
            openid BLOB NOT NULL,
            day TEXT NOT NULL,
            clockedInAt INTEGER NOT NULL,
            streak INTEGER NOT NULL,
            PRIMARY KEY (openid, day)
        ) STRICT, WITHOUT ROWID
        """);

    private readonly SqliteStore _store;

    public SqliteClockInRepository(SqliteStore store)
    {
        _store = store;
        store.AddTables(Definition);
    }

    public Task<IReadOnlyList<ClockIn>> AddAsync(IReadOnlyList<Tap> taps)
        => _store.RunAsync<IReadOnlyList<ClockIn>>(connection =>
        {
            using var transaction = connection.BeginTransaction();
            var kept = taps.Select(tap => Add(connection, tap)).ToList();
            transaction.Commit();
            return kept;
        });

    public Task<IReadOnlyList<ClockIn?>> QueryLastAsync(IReadOnlyList<string> openIds, DateOnly upTo)
        => _store.RunAsync<IReadOnlyList<ClockIn?>>(connection => [.. openIds.Select(openId => Query(
            connection, "AND day <= @to ORDER BY day DESC LIMIT 1", openId, upTo, upTo).SingleOrDefault())]);

    public Task<IReadOnlyList<ClockIn>> QueryDaysAsync(string openId, DateOnly first, DateOnly last)
        => _store.RunAsync<IReadOnlyList<ClockIn>>(connection =>
            [.. Query(connection, "AND day BETWEEN @from AND @to ORDER BY day", openId, first, last)]);

    /// <summary>A day as this table keeps it.</summary>
    public static string Text(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>The day that this table keeps so.</summary>
    public static DateOnly Day(string text) => DateOnly.ParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static ClockIn Add(SqliteConnection connection, Tap tap)
    {
        var near = Query(connection, "AND day BETWEEN @from AND @to", tap.OpenId, tap.Day.AddDays(-1), tap.Day).ToList();
        if (near.Find(clockIn => clockIn.Day == tap.Day) is { } kept)
            return kept;

        var added = ClockIn.From(tap, near.SingleOrDefault());
        connection.Execute(
            "INSERT INTO ClockIns (openid, day, clockedInAt, streak) VALUES (@openId, @day, @ClockedInAt, @Streak)",
            new { openId = Encoding.UTF8.GetBytes(tap.OpenId), day = Text(tap.Day), added.ClockedInAt, added.Streak });
        return added;
    }

    private static IEnumerable<ClockIn> Query(SqliteConnection connection, string condition, string openId, DateOnly from, DateOnly to)
        => connection.Query<(string Day, long At, long Streak)>(
                $"SELECT day, clockedInAt, streak FROM ClockIns WHERE openid = @openId {condition}",
                new { openId = Encoding.UTF8.GetBytes(openId), from = Text(from), to = Text(to) })
            .Select(row => new ClockIn(Day(row.Day), row.At, (int)row.Streak));
}
