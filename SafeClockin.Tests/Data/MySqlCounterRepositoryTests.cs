using Dapper;
using SafeClockin.Data.MySql;
using SafeClockin.Domain;
using SafeClockin.Domain.Counters;
using SafeClockin.Tests.Servers;

namespace SafeClockin.Tests.Data;

public sealed class MySqlCounterRepositoryTests : CounterRepositoryTests
{
    private const string SqlAlchemyTable =
        """
        CREATE TABLE `Counters` (
            id INTEGER NOT NULL AUTO_INCREMENT, count INTEGER, `createdAt` TIMESTAMP NULL, `updatedAt` TIMESTAMP NULL,
            PRIMARY KEY (id))
        """;

    private const string TemplateTable =
        """
        CREATE TABLE `Counters` (
            `id` int(11) NOT NULL AUTO_INCREMENT, `count` int(11) NOT NULL DEFAULT 1,
            `createdAt` timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
            `updatedAt` timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
            PRIMARY KEY (`id`)) ENGINE = InnoDB DEFAULT CHARSET = utf8
        """;

    private Dictionary<string, string> _settings;
    private MySqlStore _store;

    private string Database => _settings["MYSQL_DATABASE"];

    [SetUp]
    public void ChooseDatabase()
    {
        _settings = MySqlServer.NewDatabase();
        _store = MySqlServer.Store(_settings);
        Counters = new MySqlCounterRepository(_store);
    }

    [TearDown]
    public async Task CloseAsync() => await _store.DisposeAsync();

    [TestCase(SqlAlchemyTable)]
    [TestCase(TemplateTable)]
    [TestCase("CREATE TABLE `Counters` (ID int PRIMARY KEY, Count int, createdat timestamp NULL, updatedat timestamp NULL)", Description = "names of columns know no case")]
    public async Task A_table_of_py_safeClockin_is_counted_on_in_as_it_stands(string table)
    {
        Execute($"CREATE DATABASE {Database}; USE {Database}; {table}; INSERT INTO Counters (id, count) VALUES (1, 41)");
        var before = Query<string>($"SHOW CREATE TABLE {Database}.Counters");

        Assert.That(await Counters.IncreaseCounterByIdAsync(1, 1), Is.EqualTo(new Increase(41, 42)));
        Assert.That(await Counters.QueryCounterByIdAsync(1), Is.EqualTo(42));
        Assert.That(Query<string>($"SHOW CREATE TABLE {Database}.Counters"), Is.EqualTo(before));
    }

    [Test]
    public async Task A_row_without_a_count_counts_from_zero()
    {
        Execute($"CREATE DATABASE {Database}; USE {Database}; {SqlAlchemyTable}; INSERT INTO Counters (id) VALUES (1)");

        Assert.That(await Counters.QueryCounterByIdAsync(1), Is.Null);
        Assert.That(await Counters.IncreaseCounterByIdAsync(1, 1), Is.EqualTo(new Increase(0, 1)));
        Assert.That(await Counters.QueryCounterByIdAsync(1), Is.EqualTo(1));
    }

    [Test]
    public async Task A_count_below_zero_is_counted_on_from()
    {
        Execute($"CREATE DATABASE {Database}; USE {Database}; {TemplateTable}; INSERT INTO Counters (id, count) VALUES (1, -2)");

        Assert.That(await Counters.IncreaseCounterByIdAsync(1, 1), Is.EqualTo(new Increase(-2, -1)));
        Assert.That(await Counters.IncreaseCounterByIdAsync(1, 1), Is.EqualTo(new Increase(-1, 0)));
    }

    [TestCase("STRICT_TRANS_TABLES", SqlAlchemyTable)]
    [TestCase("STRICT_TRANS_TABLES", TemplateTable)]
    [TestCase("", SqlAlchemyTable)]
    [TestCase("", TemplateTable)]
    public async Task At_the_ceiling_of_32_bits_what_fits_is_added_under_any_sql_mode(string mode, string table)
    {
        var usual = Query<string>("SELECT @@GLOBAL.sql_mode");
        Execute($"SET GLOBAL sql_mode = '{mode}'");
        try
        {
            Execute($"CREATE DATABASE {Database}; USE {Database}; {table}; INSERT INTO Counters VALUES (1, 2147483646, NOW(), '2025-12-01')");

            Assert.That(await Counters.IncreaseCounterByIdAsync(1, 2), Is.EqualTo(new Increase(2147483646, 2147483647)));
            Execute($"UPDATE {Database}.Counters SET updatedAt = '2025-12-01'");
            Assert.That(await Counters.IncreaseCounterByIdAsync(1, 1), Is.EqualTo(new Increase(2147483647, 2147483647)));
            Assert.That(await Counters.QueryCounterByIdAsync(1), Is.EqualTo(int.MaxValue));
            Assert.That(Query<string>($"SELECT updatedAt FROM {Database}.Counters"), Does.Contain("2025"));
        }
        finally
        {
            Execute($"SET GLOBAL sql_mode = '{usual}'");
        }
    }

    [TestCase("int", 2147483647)]
    [TestCase("int(11)", 2147483647)]
    [TestCase("int unsigned", 4294967295)]
    [TestCase("int(10) unsigned", 4294967295)]
    [TestCase("bigint", 9223372036854775807)]
    [TestCase("bigint(20) unsigned", 9223372036854775807)]
    public void The_ceiling_is_that_of_the_column_as_any_server_shows_its_type(string type, long ceiling)
        => Assert.That(MySqlCounterRepository.CeilingOf(type), Is.EqualTo(ceiling));

    [Test]
    public async Task A_widened_column_counts_on_without_a_restart()
    {
        Execute($"CREATE DATABASE {Database}; USE {Database}; {TemplateTable}; INSERT INTO Counters (id, count) VALUES (1, 2147483646)");
        await Counters.IncreaseCounterByIdAsync(1, 1);

        Execute($"ALTER TABLE {Database}.Counters MODIFY `count` bigint NOT NULL");

        Assert.That(await Counters.IncreaseCounterByIdAsync(1, 1), Is.EqualTo(new Increase(2147483647, 2147483648)));
    }

    [TestCase(TemplateTable)]
    [TestCase(null, Description = "the service's own")]
    public async Task A_change_stamps_its_row_and_leaves_the_time_it_was_made(string? table)
    {
        if (table is not null)
            Execute($"CREATE DATABASE {Database}; USE {Database}; {table}");
        await Counters.IncreaseCounterByIdAsync(1, 1);
        foreach (var change in new Func<Task>[] { () => Counters.IncreaseCounterByIdAsync(1, 1), () => Counters.ClearCounterByIdAsync(1) })
        {
            Execute($"UPDATE {Database}.Counters SET createdAt = '2025-12-01', updatedAt = '2025-12-01'");

            await change();

            Assert.That(
                Query<bool>($"SELECT createdAt = '2025-12-01' AND TIMESTAMPDIFF(SECOND, updatedAt, NOW()) BETWEEN 0 AND 60 FROM {Database}.Counters"),
                Is.True);
        }
    }

    [TestCase("Counters")]
    [TestCase("database")]
    public async Task What_is_dropped_while_the_service_runs_is_made_again(string what)
    {
        await Counters.IncreaseCounterByIdAsync(1, 9);

        Execute(what == "database" ? $"DROP DATABASE {Database}" : $"DROP TABLE {Database}.Counters");

        Assert.That(await Counters.IncreaseCounterByIdAsync(1, 1), Is.EqualTo(new Increase(0, 1)));
        Assert.That(await Counters.QueryCounterByIdAsync(1), Is.EqualTo(1));
    }

    [Test]
    public async Task Sixteen_replicas_that_start_at_once_make_one_table()
    {
        var values = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(async () =>
        {
            await using var store = MySqlServer.Store(_settings);
            return (await new MySqlCounterRepository(store).IncreaseCounterByIdAsync(1, 1)).After;
        })));

        Assert.That(values, Is.EquivalentTo(Enumerable.Range(1, 16)));
    }

    [Test]
    public async Task An_account_that_may_not_create_anything_uses_what_exists()
    {
        var account = "u" + Guid.NewGuid().ToString("N")[..16];
        Execute(
            $"""
            CREATE DATABASE {Database}; USE {Database}; {SqlAlchemyTable};
            CREATE USER '{account}'@'%' IDENTIFIED BY 'p;w=''1';
            GRANT SELECT, INSERT, UPDATE, DELETE ON {Database}.* TO '{account}'@'%'
            """);
        try
        {
            await using var store = MySqlServer.Store(new(_settings)
            {
                ["MYSQL_USERNAME"] = account,
                ["MYSQL_PASSWORD"] = "p;w='1",
            });
            var counters = new MySqlCounterRepository(store);

            Assert.That(await counters.IncreaseCounterByIdAsync(1, 1), Is.EqualTo(new Increase(0, 1)));
            await counters.ClearCounterByIdAsync(1);
            Assert.That(await counters.QueryCounterByIdAsync(1), Is.Zero);
            Assert.That(Query<bool>($"SELECT createdAt BETWEEN NOW() - INTERVAL 60 SECOND AND NOW() FROM {Database}.Counters"), Is.True);
        }
        finally
        {
            Execute($"DROP USER '{account}'@'%'");
        }
    }

    [Test]
    public async Task A_server_that_refuses_is_reported_as_an_unavailable_store()
    {
        await using var store = MySqlServer.Store(new(_settings) { ["MYSQL_ADDRESS"] = $"127.0.0.1:{MariaDb.FreePort()}" });
        var counters = new MySqlCounterRepository(store);

        var failure = await Assert.ThrowsAsync<FailureException>(() => counters.IncreaseCounterByIdAsync(1, 1));
        Assert.That(failure.Kind, Is.EqualTo(FailureKind.StoreUnavailable));
    }

    private static void Execute(string sql)
    {
        using var connection = MySqlServer.Connect();
        connection.Execute(sql);
    }

    private static T Query<T>(string sql)
    {
        using var connection = MySqlServer.Connect();
        return connection.QuerySingle<T>(sql);
    }
}
