using Dapper;
using SafeClockin.Data.MySql;
using SafeClockin.Data.Sqlite;
using SafeClockin.Domain;
using SafeClockin.Domain.ClockIns;
using SafeClockin.Tests.Servers;

namespace SafeClockin.Tests.Data;

/// <summary>What every store keeps to.</summary>
public abstract class ClockInRepositoryTests
{
    private const string User = "oUser-1";

    /// <summary>The repository under test, on an empty store.</summary>
    internal IClockInRepository ClockIns { get; set; }

    [Test]
    public async Task Somebody_who_never_clocked_in_has_nothing()
    {
        Assert.That(await LastAsync(User, "2026-11-24"), Is.Null);
        Assert.That(await ClockIns.QueryDaysAsync(User, Day("2026-11-01"), Day("2026-11-30")), Is.Empty);
    }

    [Test]
    public async Task The_first_tap_of_a_day_is_kept_and_later_ones_are_answered_with_it()
    {
        Assert.That(await AddAsync(User, "2026-11-24", 100), Is.EqualTo(new ClockIn(Day("2026-11-24"), 100, 1)));
        Assert.That(await AddAsync(User, "2026-11-24", 200), Is.EqualTo(new ClockIn(Day("2026-11-24"), 100, 1)));
        Assert.That(await LastAsync(User, "2026-11-24"), Is.EqualTo(new ClockIn(Day("2026-11-24"), 100, 1)));
    }

    [TestCase("2026-11-24", "2026-11-25")]
    [TestCase("2026-11-30", "2026-12-01")]
    [TestCase("2026-12-31", "2027-01-01")]
    [TestCase("2028-02-28", "2028-02-29")]
    [TestCase("2028-02-29", "2028-03-01")]
    [TestCase("2027-02-28", "2027-03-01")]
    public async Task A_tap_on_the_day_after_makes_the_streak_longer(string day, string next)
    {
        await AddAsync(User, day, 100);

        Assert.That((await AddAsync(User, next, 200)).Streak, Is.EqualTo(2));
    }

    [Test]
    public async Task A_streak_of_years_is_counted_on()
    {
        var first = Day("2024-01-01");
        await ClockIns.AddAsync([.. Enumerable.Range(0, 1_000).Select(i => new Tap(User, first.AddDays(i), i))]);

        Assert.That((await ClockIns.AddAsync([new(User, first.AddDays(1_000), 1)]))[0].Streak, Is.EqualTo(1_001));
    }

    [Test]
    public async Task A_streak_begins_anew_after_a_day_without()
    {
        await AddAsync(User, "2026-11-22", 100);
        await AddAsync(User, "2026-11-23", 200);

        Assert.That((await AddAsync(User, "2026-11-25", 400)).Streak, Is.EqualTo(1));
    }

    [Test]
    public async Task A_batch_answers_each_tap_by_its_user_and_day_in_the_order_of_the_taps()
    {
        await AddAsync("b", "2026-11-23", 1);
        await AddAsync("c", "2026-11-24", 2);

        var kept = await ClockIns.AddAsync(
        [
            new("c", Day("2026-11-24"), 30), new("a", Day("2026-11-24"), 31), new("b", Day("2026-11-24"), 32),
            new("a", Day("2026-11-24"), 33), new("a", Day("2026-11-24"), 31),
        ]);

        Assert.That(kept.Select(clockIn => (clockIn.ClockedInAt, clockIn.Streak)), Is.EqualTo(new[] { (2, 1), (31, 1), (32, 2), (31, 1), (31, 1) }));
    }

    [Test]
    public async Task Taps_around_midnight_in_one_batch_are_two_days_in_a_row()
    {
        var kept = await ClockIns.AddAsync([new(User, Day("2026-11-24"), 1), new(User, Day("2026-11-25"), 2), new("x", Day("2026-11-25"), 2)]);

        Assert.That(kept.Select(clockIn => clockIn.Streak), Is.EqualTo(new[] { 1, 2, 1 }));
    }

    [Test]
    public async Task Openids_are_told_apart_byte_by_byte()
    {
        string[] users = ["a", "A", "a ", " a", "a\0", "á", "a\u0301", new('x', 64), new('x', 63), "中文", "%", "_", "'\"\\"];
        await ClockIns.AddAsync([.. users.Select((user, i) => new Tap(user, Day("2026-11-24"), i))]);

        var last = await ClockIns.QueryLastAsync(users, Day("2026-11-24"));
        Assert.That(last.Select(clockIn => clockIn?.ClockedInAt), Is.EqualTo(Enumerable.Range(0, users.Length)));
    }

    [Test]
    public async Task The_last_clock_in_is_that_of_each_user_in_the_order_asked_for_and_not_after_the_day_asked_for()
    {
        await AddAsync("a", "2026-11-20", 1);
        await AddAsync("a", "2026-11-21", 2);
        await AddAsync("a", "2026-11-25", 3);
        await AddAsync("b", "2026-11-24", 4);

        var last = await ClockIns.QueryLastAsync(["b", "nobody", "a", "b"], Day("2026-11-24"));

        Assert.That(last.Select(clockIn => clockIn?.ClockedInAt), Is.EqualTo(new long?[] { 4, null, 2, 4 }));
        Assert.That(last[2]!.Streak, Is.EqualTo(2));
    }

    [Test]
    public async Task A_month_has_the_days_of_its_user_alone_in_order()
    {
        foreach (var day in new[] { "2026-10-31", "2026-11-30", "2026-11-01", "2026-12-01", "2026-11-15" })
            await AddAsync(User, day, 7);
        await AddAsync("other", "2026-11-02", 7);

        var days = await ClockIns.QueryDaysAsync(User, Day("2026-11-01"), Day("2026-11-30"));

        Assert.That(days.Select(clockIn => clockIn.Day), Is.EqualTo(new[] { Day("2026-11-01"), Day("2026-11-15"), Day("2026-11-30") }));
    }

    [Test]
    public async Task A_large_batch_is_kept_whole()
    {
        var taps = Enumerable.Range(0, 1_024).Select(i => new Tap($"user-{i}-{new string('x', 40)}", Day("2026-11-24"), i)).ToList();

        Assert.That((await ClockIns.AddAsync(taps)).Select(clockIn => clockIn.ClockedInAt), Is.EqualTo(Enumerable.Range(0, 1_024)));
        var last = await ClockIns.QueryLastAsync([.. taps.Select(tap => tap.OpenId)], Day("2026-11-24"));
        Assert.That(last.Select(clockIn => clockIn!.ClockedInAt), Is.EqualTo(Enumerable.Range(0, 1_024)));
    }

    [Test]
    public async Task Batches_of_the_same_users_at_once_leave_one_clock_in_each_and_agree_on_it()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(batch => Task.Run(() =>
        {
            var users = Enumerable.Range(0, 60).ToArray();
            new Random(batch).Shuffle(users);
            return AddAllAsync(users, batch);
        })));

        foreach (var user in Enumerable.Range(0, 60))
            Assert.That(answers.Select(answer => answer[user]).Distinct().Count(), Is.EqualTo(1));

        async Task<Dictionary<int, long>> AddAllAsync(int[] users, int batch)
        {
            var kept = await ClockIns.AddAsync([.. users.Select(user => new Tap($"{user}", Day("2026-11-24"), batch))]);
            return users.Zip(kept).ToDictionary(pair => pair.First, pair => pair.Second.ClockedInAt);
        }
    }

    protected static DateOnly Day(string day) => DateOnly.Parse(day);

    private async Task<ClockIn> AddAsync(string user, string day, long at)
        => (await ClockIns.AddAsync([new(user, Day(day), at)])).Single();

    private async Task<ClockIn?> LastAsync(string user, string upTo)
        => (await ClockIns.QueryLastAsync([user], Day(upTo))).Single();
}

public sealed class MySqlClockInRepositoryTests : ClockInRepositoryTests
{
    private MySqlStore _store;
    private string _database;

    [SetUp]
    public void Open()
    {
        var settings = MySqlServer.NewDatabase();
        _database = settings["MYSQL_DATABASE"];
        _store = MySqlServer.Store(settings);
        ClockIns = new MySqlClockInRepository(_store);
    }

    [TearDown]
    public async Task CloseAsync() => await _store.DisposeAsync();

    [Test]
    public async Task A_table_that_an_earlier_version_made_is_used_as_it_is()
    {
        using var administrator = MySqlServer.Connect();
        administrator.Execute(
            $"""
            CREATE DATABASE {_database};
            CREATE TABLE {_database}.ClockIns (
                openid varbinary(64) NOT NULL, day date NOT NULL, clockedInAt bigint NOT NULL, streak int NOT NULL,
                PRIMARY KEY (openid, day)
            ) ENGINE = InnoDB
            """);

        Assert.That((await ClockIns.AddAsync([new("a", Day("2026-11-24"), 7)])).Single().Streak, Is.EqualTo(1));
    }

    [Test]
    public async Task A_batch_of_which_another_replica_has_kept_a_part_meanwhile_answers_what_is_kept()
    {
        await ClockIns.QueryLastAsync(["a"], Day("2026-11-24")); // makes the table
        using var other = MySqlServer.Connect(_database);
        await using var transaction = await other.BeginTransactionAsync();
        await other.ExecuteAsync("INSERT INTO ClockIns (openid, day, clockedInAt, streak) VALUES ('a', '2026-11-24', 5, 1)", transaction: transaction);

        var added = ClockIns.AddAsync([new("a", Day("2026-11-24"), 7), new("b", Day("2026-11-24"), 8)]);
        using var observer = MySqlServer.Connect();
        Assert.That(
            () => observer.ExecuteScalar<int>(
                "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE DB = @_database AND INFO LIKE 'INSERT INTO `ClockIns`%'", new { _database }),
            Is.Positive.After(10_000, 5));
        await transaction.CommitAsync();

        Assert.That((await added).Select(clockIn => clockIn.ClockedInAt), Is.EqualTo(new[] { 5, 8 }));
    }
}

public sealed class UnusualDefaultsClockInTests : ClockInRepositoryTests
{
    private UnusualMariaDb _server;
    private MySqlStore _store;

    [OneTimeSetUp]
    public void Start() => _server = UnusualMariaDb.Start();

    [OneTimeTearDown]
    public void Stop() => _server?.Dispose();

    [SetUp]
    public void Open()
    {
        _store = _server.NewStore();
        ClockIns = new MySqlClockInRepository(_store);
    }

    [TearDown]
    public async Task CloseAsync() => await _store.DisposeAsync();
}

public sealed class SqliteClockInRepositoryTests : ClockInRepositoryTests
{
    private string _file;
    private SqliteStore _store;

    [SetUp]
    public void Open()
    {
        _file = Path.Combine(Workspace.NewFolder(), "clockins.db");
        _store = Sqlite.Open(_file);
        ClockIns = new SqliteClockInRepository(_store);
    }

    [TearDown]
    public void Close() => _store.Dispose();

    [Test]
    public async Task Of_a_batch_that_fails_halfway_nothing_is_kept()
    {
        await _store.RunAsync(connection => connection.Execute(
            "CREATE TRIGGER Refusing BEFORE INSERT ON ClockIns WHEN NEW.openid = x'62' BEGIN SELECT RAISE(ABORT, 'refused'); END"));

        await Assert.ThrowsAsync<FailureException>(() => ClockIns.AddAsync([new("a", Day("2026-11-24"), 1), new("b", Day("2026-11-24"), 1)]));

        Assert.That(await ClockIns.QueryLastAsync(["a"], Day("2026-11-24")), Is.EqualTo(new ClockIn?[] { null }));
    }

    [Test]
    public async Task A_table_that_an_earlier_version_made_is_used_as_it_is()
    {
        using (var connection = Sqlite.Connect(_file))
        {
            connection.Execute(
                """
                CREATE TABLE ClockIns (
                    openid BLOB NOT NULL, day TEXT NOT NULL, clockedInAt INTEGER NOT NULL, streak INTEGER NOT NULL,
                    PRIMARY KEY (openid, day)
                ) STRICT, WITHOUT ROWID
                """);
        }

        Assert.That((await ClockIns.AddAsync([new("a", Day("2026-11-24"), 7)])).Single().Streak, Is.EqualTo(1));
    }

    [Test]
    public async Task A_table_with_its_key_in_another_order_is_refused_by_the_columns_of_the_right_one()
    {
        using (var connection = Sqlite.Connect(_file))
            connection.Execute("CREATE TABLE ClockIns (openid BLOB, day TEXT, PRIMARY KEY (day, openid)) STRICT");

        var failure = await Assert.ThrowsAsync<FailureException>(() => ClockIns.QueryLastAsync(["a"], Day("2026-11-24")));

        Assert.That(failure.Message, Does.EndWith("its primary key is not openid, day"));
    }

    [Test]
    public async Task Two_processes_that_write_one_file_wait_for_each_other()
    {
        using var another = Sqlite.Open(_file);
        var both = new[] { ClockIns, new SqliteClockInRepository(another) };

        await Task.WhenAll(both.Select((clockIns, process) => Task.Run(async () =>
        {
            for (var i = 0; i < 100; i++)
                await clockIns.AddAsync([new($"{process}-{i}", Day("2026-11-24"), i)]);
        })));

        Assert.That(await ClockIns.QueryLastAsync(["0-99", "1-99"], Day("2026-11-24")), Has.None.Null);
    }
}
