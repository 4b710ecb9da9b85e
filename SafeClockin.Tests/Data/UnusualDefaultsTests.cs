using Dapper;
using MySqlConnector;
using SafeClockin.Data.MySql;
using SafeClockin.Tests.Servers;

namespace SafeClockin.Tests.Data;

/// <summary>A server whose defaults are legal and unhelpful: the promises hold all the same.</summary>
internal sealed class UnusualMariaDb : IDisposable
{
    private const string Defaults =
        """
        CREATE USER 'app'@'%'; GRANT ALL ON `flask_demo`.* TO 'app'@'%';
        SET GLOBAL autocommit = 0;
        SET GLOBAL init_connect = 'SET SESSION autocommit = 0, unique_checks = 0, sql_mode = ''''';
        SET GLOBAL sql_mode = '';
        SET GLOBAL tx_isolation = 'READ-UNCOMMITTED';
        SET GLOBAL completion_type = 1;
        SET GLOBAL lock_wait_timeout = 86400;
        SET GLOBAL innodb_lock_wait_timeout = 1000;
        SET GLOBAL wait_timeout = 1;
        SET GLOBAL interactive_timeout = 1;
        SET GLOBAL sql_select_limit = 1;
        SET GLOBAL binlog_format = 'STATEMENT';
        SET GLOBAL time_zone = '-11:00';
        SET GLOBAL character_set_server = 'latin1';
        SET GLOBAL default_storage_engine = 'MyISAM';
        SET GLOBAL tx_read_only = 1;
        """;

    private const string Usual = "SET SESSION autocommit = 1, tx_read_only = 0, tx_isolation = 'REPEATABLE-READ'";

    private readonly MariaDb _server;

    private UnusualMariaDb(MariaDb server) => _server = server;

    public static UnusualMariaDb Start()
    {
        var server = MariaDb.Prepare(
            Workspace.NewFolder(), "127.0.0.1", MariaDb.FreePort(), "--log-bin", "--lower-case-table-names=1", "--innodb-rollback-on-timeout");
        server.Launch();
        server.Execute(Defaults);
        return new(server);
    }

    /// <summary>A store of an account that init_connect is run for, on an empty database.</summary>
    public MySqlStore NewStore()
    {
        Execute("DROP DATABASE IF EXISTS flask_demo");
        return MySqlServer.Store(new()
        {
            ["MYSQL_ADDRESS"] = $"127.0.0.1:{_server.Port}",
            ["MYSQL_USERNAME"] = "app",
            ["MYSQL_PASSWORD"] = "",
        });
    }

    public void Execute(string sql) => _server.Execute($"{Usual}; {sql}");

    /// <summary>Waits until the server has closed every idle connection.</summary>
    public Task CloseIdleAsync() => Wait.UntilAsync(() => CountConnections() == 0);

    public MySqlConnection Connect()
    {
        var connection = _server.Connect();
        connection.Execute(Usual);
        return connection;
    }

    public T Query<T>(string sql)
    {
        using var connection = Connect();
        return connection.QuerySingle<T>(sql);
    }

    public void Dispose() => _server.Dispose();

    private int CountConnections() => Query<int>("SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'app'");
}

public sealed class UnusualDefaultsCounterTests : CounterRepositoryTests
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
        Counters = new MySqlCounterRepository(_store);
    }

    [TearDown]
    public async Task CloseAsync() => await _store.DisposeAsync();

    [Test]
    public async Task What_is_acknowledged_is_committed()
    {
        await Counters.IncreaseCounterByIdAsync(1, 41);
        await Counters.IncreaseCounterByIdAsync(1, 1);

        Assert.That(_server.Query<long>("SELECT count FROM flask_demo.Counters"), Is.EqualTo(42));
    }

    [Test]
    public async Task What_is_not_committed_is_not_read()
    {
        await Counters.IncreaseCounterByIdAsync(1, 1);
        using var other = _server.Connect();
        other.Execute("SET autocommit = 0; UPDATE flask_demo.Counters SET count = 99");

        Assert.That(await Counters.QueryCounterByIdAsync(1), Is.EqualTo(1));
    }

    [Test]
    public async Task An_idle_hour_is_not_noticed()
    {
        await Counters.IncreaseCounterByIdAsync(1, 1);
        await _server.CloseIdleAsync();
        Assert.That((await Counters.IncreaseCounterByIdAsync(1, 1)).After, Is.EqualTo(2));
        await _server.CloseIdleAsync();
        Assert.That(await Counters.QueryCounterByIdAsync(1), Is.EqualTo(2));
    }

    [TestCase("int")]
    [TestCase("int unsigned")]
    [TestCase("bigint unsigned")]
    public async Task No_value_is_given_twice_at_a_column_s_ceiling(string type)
    {
        var ceiling = type switch { "int" => int.MaxValue, "int unsigned" => uint.MaxValue, _ => long.MaxValue };
        _server.Execute(
            $"""
            CREATE DATABASE flask_demo; CREATE TABLE flask_demo.Counters (
                id int NOT NULL PRIMARY KEY, count {type}, createdAt datetime NULL, updatedAt datetime NULL) ENGINE = InnoDB;
            INSERT INTO flask_demo.Counters VALUES (1, {ceiling} - 1, NULL, NULL)
            """);

        Assert.That((await Counters.IncreaseCounterByIdAsync(1, 3)).After, Is.EqualTo(ceiling));
        Assert.That((await Counters.IncreaseCounterByIdAsync(1, 3)).Before, Is.EqualTo(ceiling));
        Assert.That(_server.Query<bool>("SELECT ABS(TIMESTAMPDIFF(MINUTE, updatedAt, UTC_TIMESTAMP())) < 5 FROM flask_demo.Counters"));
    }
}

public sealed class UnusualDefaultsTableTests : TableTests
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
        (Notes, Counters) = (new MySqlNoteRepository(_store), new MySqlCounterRepository(_store));
    }

    [TearDown]
    public async Task CloseAsync() => await _store.DisposeAsync();

    protected override Task Execute(string sql)
    {
        _server.Execute($"USE flask_demo; {sql}");
        return Task.CompletedTask;
    }
}
