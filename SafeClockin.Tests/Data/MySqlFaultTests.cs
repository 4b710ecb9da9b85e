using System.Data;
using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Dapper;
using SafeClockin.Data.MySql;
using SafeClockin.Domain;
using SafeClockin.Domain.ClockIns;
using SafeClockin.Domain.Counters;
using SafeClockin.Tests.Servers;

namespace SafeClockin.Tests.Data;

/// <summary>What may befall a database and the way to it. What can be hidden from the callers is; nothing is lost or done twice.</summary>
public sealed class MySqlFaultTests
{
    private const string SaidGoodbye = "each said goodbye, none was left for the runtime to clear up";
    private static readonly byte[] Owner = [7];

    private readonly List<MySqlStore> _stores = [];
    private readonly List<IDisposable> _servers = [];
    private LogLines<MySqlStore> _log;
    private MariaDb _database;

    [OneTimeSetUp]
    public void StartDatabase()
    {
        _database = MariaDb.Start();
        _database.Execute("CREATE USER 'app'@'%'; GRANT ALL ON `flask_demo`.* TO 'app'@'%'");
    }

    [OneTimeTearDown]
    public void StopDatabase() => _database?.Dispose();

    [SetUp]
    public void ForgetLog() => _log = new();

    [TearDown]
    public async Task CloseAsync()
    {
        foreach (var store in _stores)
            await store.DisposeAsync();
        _servers.ForEach(server => server.Dispose());
        _stores.Clear();
        _servers.Clear();
        _database.Execute("DROP DATABASE IF EXISTS flask_demo");
    }

    [Test]
    public async Task A_connection_that_was_closed_while_idle_is_replaced_on_its_node_unseen()
    {
        var proxy = Keep(new FaultyProxy(_database.Port));
        var time = new SettableTime();
        var (counters, notes) = Open($"127.0.0.1:{proxy.Port},127.0.0.1:{_database.Port}", time: time);
        await counters.IncreaseCounterByIdAsync(1, 1);
        await notes.AddAsync(Owner, 1, "一");

        _database.KillConnections("root");
        time.Pass(TimeSpan.FromMilliseconds(2));
        Assert.That((await counters.IncreaseCounterByIdAsync(1, 1)).After, Is.EqualTo(2));
        proxy.CutAll();
        time.Pass(TimeSpan.FromMilliseconds(2));
        Assert.That((await counters.IncreaseCounterByIdAsync(1, 1)).After, Is.EqualTo(3));
        Assert.That(await notes.ListAsync(Owner), Is.EqualTo(new[] { "一" }));
        proxy.CutAll();
        time.Pass(TimeSpan.FromMilliseconds(2));
        await counters.ClearCounterByIdAsync(1);
        Assert.That(await counters.QueryCounterByIdAsync(1), Is.Zero);
        Assert.That(Warnings, Is.Empty);
    }

    [Test]
    public async Task A_lost_answer_to_a_read_is_asked_for_again_and_one_to_a_write_never()
    {
        var proxy = Keep(new FaultyProxy(_database.Port));
        var (counters, _) = Open($"127.0.0.1:{proxy.Port}");
        await counters.IncreaseCounterByIdAsync(1, 1);

        LoseOneAnswer(proxy);
        Assert.That(await counters.QueryCounterByIdAsync(1), Is.EqualTo(1));

        // A ping would find the loss out before anything is sent: hence two at once, the second of which needs none.
        for (var sent = 1L; sent < 20; sent++)
        {
            await counters.QueryCounterByIdAsync(1);
            LoseOneAnswer(proxy);
            await Outcome(counters.IncreaseCounterByIdAsync(1, 1));
        }

        Assert.That(await counters.QueryCounterByIdAsync(1), Is.InRange(1, 20));
    }

    [Test]
    public async Task A_clock_in_of_which_the_answer_is_lost_is_made_again_unseen()
    {
        var proxy = Keep(new FaultyProxy(_database.Port));
        Open($"127.0.0.1:{proxy.Port}");
        var clockIns = new MySqlClockInRepository(_stores[^1]);
        var day = new DateOnly(2026, 11, 24);
        await clockIns.AddAsync([new("a", day, 1)]);

        LoseOneAnswer(proxy);
        Assert.That(await clockIns.AddAsync([new("b", day, 2)]), Is.EqualTo(new[] { new ClockIn(day, 2, 1) }));
        LoseOneAnswer(proxy);
        Assert.That(await clockIns.QueryLastAsync(["b"], day), Is.EqualTo(new[] { new ClockIn(day, 2, 1) }));
        LoseOneAnswer(proxy);
        Assert.That(await clockIns.QueryDaysAsync("b", day, day), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_tap_reads_two_days_of_its_user_and_not_all_of_the_past()
    {
        Open($"127.0.0.1:{_database.Port}");
        var clockIns = new MySqlClockInRepository(_stores[^1]);
        var first = new DateOnly(2024, 1, 1);
        await clockIns.AddAsync([.. Enumerable.Range(0, 1_000).Select(i => new Tap("a", first.AddDays(i), i))]);
        using var administrator = _database.Connect();
        var before = RowsRead();

        await clockIns.AddAsync([new("a", first.AddDays(1_000), 1)]);

        Assert.That(RowsRead() - before, Is.LessThan(500));

        int RowsRead() => administrator.Query<(string Name, int Value)>("SHOW GLOBAL STATUS LIKE 'Handler_read%'").Sum(status => status.Value);
    }

    [Test]
    public async Task A_connection_that_has_just_answered_is_written_to_without_another_question()
    {
        var proxy = Keep(new FaultyProxy(_database.Port));
        var time = new SettableTime();
        var (counters, _) = Open($"127.0.0.1:{proxy.Port}", time: time);
        await counters.IncreaseCounterByIdAsync(1, 1);
        var toAWrite = new List<int>();
        foreach (var idle in new[] { 0, 0.5, 2 })
        {
            var before = proxy.Answers;
            time.Pass(TimeSpan.FromMilliseconds(idle));
            await counters.IncreaseCounterByIdAsync(1, 1);
            toAWrite.Add(proxy.Answers - before);
        }

        Assert.That(toAWrite[1], Is.EqualTo(toAWrite[0]));
        Assert.That(toAWrite[2], Is.EqualTo(toAWrite[0] + 1), "whether it lives");
    }

    [Test]
    public void Statements_are_of_what_every_MySQL_and_MariaDB_has()
    {
        // https://dev.mysql.com/doc/refman/8.4/en/server-system-variables.html, https://mariadb.com/kb/en/server-system-variables/
        string[] everywhere =
        [
            "autocommit", "completion_type", "unique_checks", "foreign_key_checks", "sql_mode", "sql_select_limit", "time_zone", "lock_wait_timeout",
            "innodb_lock_wait_timeout",
        ];
        string[] modesEverywhere = ["STRICT_ALL_TABLES", "STRICT_TRANS_TABLES", "NO_ENGINE_SUBSTITUTION"];
        var store = Repository.Read("SafeClockin.Data/MySql/MySqlStore.cs");

        Assert.That(Regex.Match(store, "sql_mode = '([^']+)'").Groups[1].Value.Split(','), Is.SubsetOf(modesEverywhere));
        Assert.That(Regex.Matches(store, @"\b([a-z_]+) = ['0-9]").Select(variable => variable.Groups[1].Value), Is.Not.Empty.And.SubsetOf(everywhere));
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Workspace.Repository, "SafeClockin.Data", "MySql")))
            Assert.That(File.ReadAllText(file), Does.Not.Match(@"SET STATEMENT|RETURNING|MINUS|SEQUENCE|UUID|COLLATE|AS INT|\bWITH \w+ AS|\bOVER \("), file);
    }

    [Test]
    public async Task A_change_of_which_the_answer_does_not_come_is_made_once()
    {
        var proxy = Keep(new FaultyProxy(_database.Port));
        var (counters, _) = Open($"127.0.0.1:{proxy.Port}");
        await counters.IncreaseCounterByIdAsync(1, 1);

        OnTheAnswerToAChange((_, _) => Task.CompletedTask);
        Assert.That(await Outcome(counters.IncreaseCounterByIdAsync(1, 1)), Is.False);
        Assert.That(await counters.QueryCounterByIdAsync(1), Is.EqualTo(2));
        OnTheAnswerToAChange(FaultyProxy.Lost);
        Assert.That(await Outcome(counters.ClearCounterByIdAsync(1)), Is.False, "it would clear what others have counted since");

        void OnTheAnswerToAChange(Func<NetworkStream, ReadOnlyMemory<byte>, Task> then) => proxy.Forward((client, answer) =>
        {
            const int ChangedRows = 5; // where an OK packet tells how many, behind its four bytes of header and the OK
            if (answer.Span[ChangedRows] == 0)
                return FaultyProxy.Untouched(client, answer); // to a ping
            proxy.Forward(FaultyProxy.Untouched);
            return then(client, answer);
        });
    }

    [Test]
    public async Task A_server_that_answers_late_in_pieces_twice_or_in_garbage_is_reported_in_time_and_used_again()
    {
        var proxy = Keep(new FaultyProxy(_database.Port));
        var (counters, _) = Open($"127.0.0.1:{proxy.Port}");
        var acknowledged = 0;
        await counters.IncreaseCounterByIdAsync(1, 1);
        foreach (var fault in new[]
        {
            FaultyProxy.InPieces, FaultyProxy.Late(TimeSpan.FromMilliseconds(300)), FaultyProxy.Twice, FaultyProxy.Garbled,
            FaultyProxy.Late(TimeSpan.FromSeconds(30)),
        })
        {
            proxy.Forward(fault);
            for (var i = 0; i < 3; i++)
                acknowledged += await Outcome(counters.IncreaseCounterByIdAsync(1, 1)) ? 1 : 0;
            proxy.Forward(FaultyProxy.Untouched);
            await Wait.UntilAsync(() => Outcome(counters.QueryCounterByIdAsync(1)));
        }

        Assert.That(acknowledged, Is.GreaterThanOrEqualTo(6), "pieces and a little delay are no faults");
        Assert.That(await counters.QueryCounterByIdAsync(1), Is.InRange(1 + acknowledged, 16));
    }

    [TestCase("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", true)]
    [TestCase("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", false)]
    [TestCase("", true)]
    [TestCase("", false, Description = "accepts, and says nothing")]
    [TestCase("J\0\0\0\n5.5.5-10.11", true, Description = "half a greeting")]
    [TestCase("\u0015\0\0\0\u00ff\u0010\u0004#08004Too many connections", true, Description = "an error for a greeting")]
    [TestCase("\u00ff\u00ff\u00ff\0\n", false, Description = "a greeting of 16 MB")]
    [TestCase("\u0001\0\0\0\n", true)]
    public async Task What_is_no_database_is_reported_in_time_and_another_node_takes_its_place(string greeting, bool hangsUp)
    {
        var foreign = Keep(new ForeignServer(Encoding.Latin1.GetBytes(greeting), hangsUp));
        var (alone, _) = Open($"127.0.0.1:{foreign.Port}");
        var (counters, _) = Open($"127.0.0.1:{foreign.Port},127.0.0.1:{_database.Port}");

        var asked = Stopwatch.StartNew();
        Assert.That(await Outcome(alone.IncreaseCounterByIdAsync(1, 1)), Is.False);
        Assert.That(asked.Elapsed, Is.LessThan(TimeSpan.FromSeconds(8)), "four, and what a busy machine needs");
        Assert.That((await counters.IncreaseCounterByIdAsync(1, 1)).After, Is.EqualTo(1));
        Assert.That(Warnings, Has.All.Contain($"127.0.0.1:{foreign.Port}"), "the log names the node");
    }

    [TestCase("ALTER USER 'app'@'%' IDENTIFIED BY 'another'", Description = "1045")]
    [TestCase("ALTER USER 'app'@'%' PASSWORD EXPIRE", Description = "1820 or 1862")]
    [TestCase("ALTER USER 'app'@'%' ACCOUNT LOCK", Description = "4151")]
    [TestCase("REVOKE ALL ON `flask_demo`.* FROM 'app'@'%'", Description = "1044")]
    public async Task A_node_that_refuses_the_account_is_left_for_the_next_one(string refuse)
    {
        var other = Keep(MariaDb.Start());
        other.Execute("CREATE USER 'app'@'%'; GRANT ALL ON `flask_demo`.* TO 'app'@'%'; " + refuse);
        var (counters, _) = Open($"127.0.0.1:{other.Port},127.0.0.1:{_database.Port}", "app");

        Assert.That((await counters.IncreaseCounterByIdAsync(1, 1)).After, Is.EqualTo(1));
        Assert.That(Warnings, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task An_account_whose_connections_are_all_taken_is_waited_for()
    {
        _database.Execute("CREATE USER 'few'@'%' WITH MAX_USER_CONNECTIONS 1; GRANT ALL ON `flask_demo`.* TO 'few'@'%'");
        var (counters, _) = Open($"127.0.0.1:{_database.Port}", "few");
        Task<Increase> increase;
        using (_database.Connect("few"))
        {
            increase = counters.IncreaseCounterByIdAsync(1, 1);
            await Wait.UntilAsync(() => Warnings.Count > 0);
        }

        Assert.That((await increase).After, Is.EqualTo(1));
    }

    [Test]
    public async Task A_right_that_is_granted_after_a_refusal_holds_for_the_next_call()
    {
        var (counters, _) = Open($"127.0.0.1:{_database.Port}", "app");
        await counters.IncreaseCounterByIdAsync(1, 1);
        _database.Execute("REVOKE ALL ON `flask_demo`.* FROM 'app'@'%'; GRANT SELECT ON `flask_demo`.* TO 'app'@'%'");
        try
        {
            _database.KillConnections("app");
            Assert.That(await Outcome(counters.IncreaseCounterByIdAsync(1, 1)), Is.False);
            Assert.That(await counters.QueryCounterByIdAsync(1), Is.EqualTo(1), "reading it may do");
            Assert.That(Warnings, Is.Empty, "the node is not to blame");
        }
        finally
        {
            _database.Execute("GRANT ALL ON `flask_demo`.* TO 'app'@'%'");
        }

        Assert.That((await counters.IncreaseCounterByIdAsync(1, 1)).After, Is.EqualTo(2));
    }

    [Test]
    public async Task A_server_that_turns_read_only_is_left_and_used_again_when_it_no_longer_is()
    {
        var (counters, _) = Open($"127.0.0.1:{_database.Port}", "app");
        await counters.IncreaseCounterByIdAsync(1, 1);
        _database.Execute("SET GLOBAL read_only = 1");
        try
        {
            Assert.That(await Outcome(counters.IncreaseCounterByIdAsync(1, 1)), Is.False);
        }
        finally
        {
            _database.Execute("SET GLOBAL read_only = 0");
        }

        Assert.That((await counters.IncreaseCounterByIdAsync(1, 1)).After, Is.EqualTo(2));
        Assert.That(Warnings, Has.Count.EqualTo(2), "left, and used again");
        Assert.That(Warnings[0], Does.Contain("read-only"), "and why");
    }

    [TestCase("21000", Description = "wrong number of values")]
    [TestCase("22001", Description = "too long")]
    [TestCase("23000", Description = "a constraint")]
    [TestCase("42000", Description = "a syntax error")]
    [TestCase("44000", Description = "a view's check")]
    [TestCase("45000", Description = "a trigger's own refusal")]
    public async Task A_statement_s_own_fault_is_not_tried_again_and_says_nothing_about_the_node(string sqlState)
    {
        var (counters, notes) = Open($"127.0.0.1:{_database.Port}");
        await counters.IncreaseCounterByIdAsync(1, 1);
        await notes.ListAsync(Owner);
        _database.Execute(
            $"""
            CREATE TABLE flask_demo.Tries (n int NOT NULL) ENGINE = Aria;
            CREATE TRIGGER flask_demo.refuse BEFORE INSERT ON flask_demo.Notes FOR EACH ROW BEGIN
                INSERT INTO flask_demo.Tries VALUES (1);
                SIGNAL SQLSTATE '{sqlState}';
            END
            """);

        Assert.That(await Outcome(notes.AddAsync(Owner, 1, "一")), Is.False);
        using var administrator = _database.Connect();
        Assert.That(administrator.ExecuteScalar<int>("SELECT COUNT(*) FROM flask_demo.Tries"), Is.EqualTo(1));
        Assert.That((await counters.IncreaseCounterByIdAsync(1, 1)).After, Is.EqualTo(2));
        Assert.That(Warnings, Is.Empty);
    }

    [Test]
    public async Task Callers_of_a_locked_table_hold_up_nobody_else_and_are_served_when_it_is_free()
    {
        var (counters, notes) = Open($"127.0.0.1:{_database.Port}");
        await counters.IncreaseCounterByIdAsync(1, 1);
        await notes.ListAsync(Owner);
        using var administrator = _database.Connect();
        administrator.Execute("LOCK TABLES flask_demo.Notes WRITE");
        var locked = Stopwatch.StartNew();
        var held = Enumerable.Range(0, 64).Select(i => Outcome(notes.AddAsync(Owner, i, $"{i}"))).ToList();
        await Wait.UntilAsync(() => WaitingForTable(administrator) > 1);

        var times = new List<TimeSpan>();
        for (var i = 0; i < 50; i++)
        {
            var began = Stopwatch.GetTimestamp();
            await counters.IncreaseCounterByIdAsync(1, 1);
            times.Add(Stopwatch.GetElapsedTime(began));
        }

        Assert.That(held.Exists(call => !call.IsCompleted), "the table is still locked");
        Assert.That(
            times.Count(time => time > TimeSpan.FromSeconds(1)), Is.LessThanOrEqualTo(1),
            "a busy machine may hold one up, the lock would hold up each");
        Assert.That(
            WaitingForTable(administrator), Is.LessThanOrEqualTo(8), "a table has a few connections, whatever waits for it");
        var outcomes = await Task.WhenAll(held);
        Assert.That(locked.Elapsed, Is.LessThan(TimeSpan.FromSeconds(8)), "each call is answered within 4 s");
        Assert.That(outcomes, Has.All.False);
        administrator.Execute("UNLOCK TABLES");
        await notes.AddAsync(Owner, 100, "after");
        Assert.That(await notes.ListAsync(Owner), Does.Contain("after"));
        Assert.That(Warnings, Is.Empty, "the node is not to blame");
        TestContext.Progress.WriteLine($"Another table locked: slowest of 50 increments {times.Max().TotalMilliseconds:0} ms");
    }

    [Test]
    public async Task A_row_that_somebody_else_holds_is_asked_for_again_until_it_is_free()
    {
        var (counters, _) = Open($"127.0.0.1:{_database.Port}");
        await counters.IncreaseCounterByIdAsync(1, 1);
        using var somebody = _database.Connect();
        var waitsBefore = StatusOf(somebody, "Innodb_row_lock_waits");
        somebody.Execute("BEGIN; UPDATE flask_demo.Counters SET count = 41");

        var increase = counters.IncreaseCounterByIdAsync(1, 1);
        await Wait.UntilAsync(() => StatusOf(somebody, "Innodb_row_lock_waits") >= waitsBefore + 2);
        somebody.Execute("COMMIT");

        Assert.That(await increase, Is.EqualTo(new Increase(41, 42)));
        Assert.That(Warnings, Is.Empty, "the node is not to blame");
    }

    [Test]
    public async Task What_would_begin_after_its_caller_was_told_of_a_failure_is_not_begun()
    {
        var proxy = Keep(new FaultyProxy(_database.Port));
        var time = new SettableTime();
        var (counters, _) = Open($"127.0.0.1:{proxy.Port}", time: time);
        await counters.IncreaseCounterByIdAsync(1, 1);

        var connections = proxy.Connections;

        time.Pass(TimeSpan.FromMilliseconds(2)); // so that the connection is asked whether it lives
        proxy.Forward(FaultyProxy.Late(TimeSpan.FromMilliseconds(300)));
        var increase = Outcome(counters.IncreaseCounterByIdAsync(1, 1));
        time.Pass(TimeSpan.FromSeconds(5)); // while it is

        Assert.That(await increase, Is.False);
        Assert.That(await counters.QueryCounterByIdAsync(1), Is.EqualTo(1));
        Assert.That(proxy.Connections, Is.EqualTo(connections), "its connection is used by the next");
        Assert.That(Warnings, Is.Empty, "the node is not to blame");
    }

    [Test]
    public async Task Calls_that_fail_leave_no_connection_open()
    {
        using var administrator = _database.Connect();
        var abortedBefore = await AbortedClientsAsync(administrator, open: 0);
        var (_, notes) = Open($"127.0.0.1:{_database.Port}");
        for (var i = 0; i < 40; i++)
            Assert.That(await Outcome(notes.AddAsync(Owner, i, new string('x', 21))), Is.False);

        Assert.That(await AbortedClientsAsync(administrator, open: 0), Is.EqualTo(abortedBefore), SaidGoodbye);
    }

    [Test]
    public async Task A_connection_in_use_while_the_store_is_closed_is_closed_after_its_call()
    {
        using var administrator = _database.Connect();
        var abortedBefore = await AbortedClientsAsync(administrator, open: 0);
        var (_, notes) = Open($"127.0.0.1:{_database.Port}");
        await notes.ListAsync(Owner);
        administrator.Execute("LOCK TABLES flask_demo.Notes WRITE");
        var call = Outcome(notes.AddAsync(Owner, 1, "一"));
        await Wait.UntilAsync(() => WaitingForTable(administrator) == 1);

        await _stores.Single().DisposeAsync();
        administrator.Execute("UNLOCK TABLES");

        Assert.That(await call, Is.True);
        Assert.That(await AbortedClientsAsync(administrator, open: 0), Is.EqualTo(abortedBefore), SaidGoodbye);
    }

    // Numbers that share a SQLSTATE with others, and classes of SQLSTATE. A trigger says each of them once.
    [TestCase(1213, "40001", true, false, Description = "deadlock")]
    [TestCase(3101, "40000", true, false, Description = "rolled back by a replication group")]
    [TestCase(1205, "HY000", true, false, Description = "lock wait timeout")]
    [TestCase(1040, "08004", true, true, Description = "full")]
    [TestCase(1047, "08S01", true, true, Description = "not in the cluster's primary part")]
    [TestCase(1290, "HY000", true, true, Description = "--read-only")]
    [TestCase(1792, "25006", true, true, Description = "a read-only transaction")]
    [TestCase(1836, "HY000", true, true, Description = "read-only mode")]
    [TestCase(1874, "HY000", true, true, Description = "InnoDB is read-only")]
    [TestCase(3032, "HY000", true, true, Description = "offline mode")]
    [TestCase(3100, "HY000", true, true, Description = "a replication group that takes no writes")]
    [TestCase(1142, "42000", true, false, Description = "a right was missing when the connection was made")]
    [TestCase(1044, "42000", true, false)]
    [TestCase(1045, "28000", true, false)]
    [TestCase(1143, "42000", true, false)]
    [TestCase(1227, "42000", true, false)]
    [TestCase(1370, "42000", true, false)]
    [TestCase(1820, "HY000", true, false, Description = "the password had expired")]
    [TestCase(1862, "HY000", true, false, Description = "the same, of another kind of client")]
    [TestCase(1146, "42S02", true, false, Description = "no table")]
    [TestCase(1046, "3D000", true, false, Description = "no database selected")]
    [TestCase(1049, "42000", true, false, Description = "no database")]
    [TestCase(1062, "23000", false, false, Description = "a duplicate")]
    [TestCase(1264, "22003", false, false, Description = "out of range")]
    [TestCase(1064, "42000", false, false, Description = "a syntax error")]
    [TestCase(1105, "HY000", false, false, Description = "unknown: the statement may have run")]
    [TestCase(1644, "45000", false, false, Description = "a trigger's own refusal")]
    public async Task An_error_of_the_server_is_survived_unseen_when_the_statement_may_pass_and_leaves_the_node_when_that_is_to_blame(
        int number, string sqlState, bool mayPass, bool nodeIsToBlame)
    {
        var (counters, _) = Open($"127.0.0.1:{_database.Port}");
        await counters.IncreaseCounterByIdAsync(1, 1);
        _database.Execute(
            $"""
            CREATE TABLE flask_demo.Tries (n int NOT NULL) ENGINE = Aria;
            CREATE TRIGGER flask_demo.fail BEFORE INSERT ON flask_demo.Counters FOR EACH ROW BEGIN
                INSERT INTO flask_demo.Tries VALUES (1);
                IF (SELECT COUNT(*) FROM flask_demo.Tries) = 1 THEN
                    SIGNAL SQLSTATE '{sqlState}' SET MYSQL_ERRNO = {number};
                END IF;
            END
            """);

        Assert.That(await Outcome(counters.IncreaseCounterByIdAsync(1, 1)), Is.EqualTo(mayPass));
        using var administrator = _database.Connect();
        Assert.That(administrator.ExecuteScalar<int>("SELECT COUNT(*) FROM flask_demo.Tries"), Is.EqualTo(mayPass ? 2 : 1));
        Assert.That((await counters.IncreaseCounterByIdAsync(1, 1)).After, Is.EqualTo(mayPass ? 3 : 2));
        Assert.That(Warnings, Has.Count.EqualTo(nodeIsToBlame ? 2 : 0), "left once, and used again once");
    }

    [Test]
    public async Task A_caller_is_told_of_a_failure_when_the_call_s_time_is_over_whatever_it_still_waits_for()
    {
        var proxy = Keep(new FaultyProxy(_database.Port));
        var (counters, _) = Open($"127.0.0.1:{proxy.Port}", time: new ImpatientTime(TimeSpan.FromSeconds(1)));

        proxy.Forward(FaultyProxy.Late(TimeSpan.FromSeconds(30)));
        var failure = await Assert.ThrowsAsync<FailureException>(() => counters.QueryCounterByIdAsync(1));
        Assert.That(failure.InnerException, Is.TypeOf<TimeoutException>(), "and no later error of the driver");
    }

    [Test]
    public async Task A_node_that_hangs_is_left_for_the_next_one_while_its_caller_waits([Values] bool writes)
    {
        var proxy = Keep(new FaultyProxy(_database.Port));
        var time = new SettableTime();
        var (counters, _) = Open($"127.0.0.1:{proxy.Port},127.0.0.1:{_database.Port}", time: time);
        await counters.IncreaseCounterByIdAsync(1, 7);

        time.Pass(TimeSpan.FromMilliseconds(2)); // so that a write asks first whether the connection lives
        proxy.Forward(FaultyProxy.Late(TimeSpan.FromSeconds(30)));
        if (writes)
            Assert.That(await counters.IncreaseCounterByIdAsync(1, 1), Is.EqualTo(new Increase(7, 8)));
        else
            Assert.That(await counters.QueryCounterByIdAsync(1), Is.EqualTo(7));
        Assert.That(Warnings, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_node_that_fails_many_calls_at_once_is_left_once()
    {
        var (proxy, other) = (Keep(new FaultyProxy(_database.Port)), Keep(new FaultyProxy(_database.Port)));
        var (counters, _) = Open($"127.0.0.1:{proxy.Port},127.0.0.1:{other.Port}");
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => counters.IncreaseCounterByIdAsync(1, 1)));

        proxy.Forward(FaultyProxy.Late(TimeSpan.FromSeconds(30)));
        var counts = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => counters.QueryCounterByIdAsync(1)));

        Assert.That(counts, Is.All.EqualTo(8));
        Assert.That(Warnings, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_node_that_was_left_is_not_written_to_by_connections_that_are_still_open()
    {
        var other = Keep(MariaDb.Start());
        var proxy = Keep(new FaultyProxy(other.Port));
        var (counters, _) = Open($"127.0.0.1:{proxy.Port},127.0.0.1:{_database.Port}");
        await counters.IncreaseCounterByIdAsync(1, 1);
        proxy.Forward(FaultyProxy.Late(TimeSpan.FromMilliseconds(50)));
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => counters.QueryCounterByIdAsync(1))); // each on its own connection

        proxy.Forward((_, _) =>
        {
            proxy.Forward(FaultyProxy.Untouched);
            return Task.Delay(Timeout.Infinite);
        });
        Assert.That(await counters.QueryCounterByIdAsync(1), Is.Null, "answered by the next node");
        for (var i = 0; i < 16; i++)
            await counters.IncreaseCounterByIdAsync(1, 1);

        using var left = other.Connect();
        Assert.That(left.ExecuteScalar<int>("SELECT count FROM flask_demo.Counters"), Is.EqualTo(1));
        Assert.That(await counters.QueryCounterByIdAsync(1), Is.EqualTo(16));
    }

    [Test]
    public async Task A_database_that_cannot_be_reached_is_given_up_before_the_call_s_time_is_over_with_the_driver_s_reason()
    {
        var (counters, _) = Open($"127.0.0.1:{MariaDb.FreePort()}");

        var failure = await Assert.ThrowsAsync<FailureException>(() => counters.IncreaseCounterByIdAsync(1, 1));
        Assert.That(failure.Message, Does.Contain("Unable to connect"));
    }

    [Test]
    public async Task A_connection_s_age_is_bounded()
    {
        var time = new SettableTime();
        var proxy = Keep(new FaultyProxy(_database.Port));
        using var administrator = _database.Connect();
        var abortedBefore = await AbortedClientsAsync(administrator, open: 0);
        var (counters, _) = Open($"127.0.0.1:{proxy.Port}", time: time);
        await counters.IncreaseCounterByIdAsync(1, 1);
        var before = proxy.Connections;

        time.Pass(TimeSpan.FromMinutes(4));
        await counters.IncreaseCounterByIdAsync(1, 1);
        Assert.That(proxy.Connections, Is.EqualTo(before), "it is kept");
        time.Pass(TimeSpan.FromMinutes(1.1));
        await counters.IncreaseCounterByIdAsync(1, 1);
        Assert.That(proxy.Connections, Is.EqualTo(before + 1), "a name may lead elsewhere by now");
        Assert.That(await AbortedClientsAsync(administrator, open: 1), Is.EqualTo(abortedBefore), SaidGoodbye);
    }

    [Test]
    public async Task A_node_whose_connections_break_is_tried_again_ever_more_seldom()
    {
        var proxy = Keep(new FaultyProxy(_database.Port));
        proxy.Forward(FaultyProxy.Lost);
        var (counters, _) = Open($"127.0.0.1:{proxy.Port}");

        Assert.That(await Outcome(counters.QueryCounterByIdAsync(1)), Is.False);

        Assert.That(proxy.Connections, Is.InRange(3, 60), "in the seconds that a call may take");
    }

    [Test]
    public async Task A_database_of_any_name_is_made_when_it_is_missing()
    {
        const string Name = "a`b; DROP 数据";
        var store = MySqlServer.Store(
            new() { ["MYSQL_ADDRESS"] = $"127.0.0.1:{_database.Port}", ["MYSQL_PASSWORD"] = "", ["MYSQL_DATABASE"] = Name });
        _stores.Add(store);

        Assert.That((await new MySqlCounterRepository(store).IncreaseCounterByIdAsync(1, 1)).After, Is.EqualTo(1));

        using var administrator = _database.Connect();
        Assert.That(administrator.Query<string>("SHOW DATABASES"), Does.Contain(Name));
    }

    [Test]
    public async Task A_key_on_the_beginning_of_a_column_is_none_on_the_column()
    {
        _database.Execute(
            """
            CREATE DATABASE flask_demo;
            CREATE TABLE flask_demo.Notes (
                owner varbinary(64) NOT NULL, number int NOT NULL, text varchar(20) NOT NULL, PRIMARY KEY (owner(5), number))
            """);
        var (_, notes) = Open($"127.0.0.1:{_database.Port}");

        var failure = await Assert.ThrowsAsync<FailureException>(() => notes.AddAsync(Owner, 1, "一"));

        Assert.That(failure.Message, Does.Contain("no unique key on owner,number"));
    }

    [TestCase("ClockIns", "openid,day")]
    [TestCase("Guardians", "id")]
    [TestCase("Guardians", "ward,wardSlot")]
    [TestCase("Guardians", "guardian,guardianSlot")]
    [TestCase("Guardians", "ward,guardian")]
    [TestCase("Guardians", "invitationHash")]
    public async Task A_table_without_a_key_that_its_promise_rests_on_is_refused_by_name(string table, string columns)
    {
        var settings = new Dictionary<string, string> { ["MYSQL_ADDRESS"] = $"127.0.0.1:{_database.Port}", ["MYSQL_PASSWORD"] = "" };
        await AskAsync();
        using (var administrator = _database.Connect())
        {
            var key = administrator.QuerySingle<string>(
                """
                SELECT INDEX_NAME FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = 'flask_demo' AND TABLE_NAME = @table
                GROUP BY INDEX_NAME HAVING GROUP_CONCAT(COLUMN_NAME ORDER BY SEQ_IN_INDEX) = @columns
                """,
                new { table, columns });
            administrator.Execute($"ALTER TABLE flask_demo.{table} DROP INDEX `{key}`");
        }

        var failure = await Assert.ThrowsAsync<FailureException>(AskAsync);
        Assert.That(failure.Message, Does.Contain(table).And.Contain($"no unique key on {columns}"));

        async Task AskAsync()
        {
            await using var store = MySqlServer.Store(settings);
            if (table == "ClockIns")
                await new MySqlClockInRepository(store).QueryDaysAsync("o-1", default, default);
            else
                await new MySqlGuardianRepository(store).QueryGuardiansAsync("o-1", 0);
        }
    }

    [TestCase("`id` int NOT NULL, `count` int", "no unique key on id")]
    [TestCase("`id` int NOT NULL, `count` int, KEY (`id`)", "no unique key on id")]
    [TestCase("`id` int NOT NULL, `count` int, `day` int NOT NULL, PRIMARY KEY (`id`, `day`)", "no unique key on id")]
    [TestCase("`id` int NOT NULL PRIMARY KEY, `count` mediumint", "mediumint")]
    [TestCase("`id` int NOT NULL PRIMARY KEY, `count` smallint unsigned", "smallint")]
    [TestCase("`id` int NOT NULL PRIMARY KEY, `count` double", "double")]
    [TestCase("`id` int NOT NULL PRIMARY KEY, `count` decimal(20,0)", "decimal")]
    public async Task A_table_that_cannot_keep_the_promise_is_refused_by_name(string columns, string flaw)
    {
        _database.Execute(
            $"CREATE DATABASE flask_demo; CREATE TABLE flask_demo.Counters ({columns}, createdAt timestamp NULL, updatedAt timestamp NULL)");
        var (counters, notes) = Open($"127.0.0.1:{_database.Port}");

        var failure = await Assert.ThrowsAsync<FailureException>(() => counters.IncreaseCounterByIdAsync(1, 1));
        Assert.That(failure.Message, Does.Contain("Counters").And.Contain(flaw));
        Assert.That(await Outcome(counters.QueryCounterByIdAsync(1)), Is.False);
        await notes.AddAsync(Owner, 1, "一");
        Assert.That(Warnings, Is.Empty);

        _database.Execute("DROP TABLE flask_demo.Counters");
        Assert.That((await counters.IncreaseCounterByIdAsync(1, 1)).After, Is.EqualTo(1), "what was mended is used");
    }

    [TestCase("MyISAM")]
    [TestCase("MEMORY")]
    [TestCase("Aria")]
    public async Task A_table_whose_engine_does_not_commit_is_refused(string engine)
    {
        _database.Execute(
            $"""
            CREATE DATABASE flask_demo; CREATE TABLE flask_demo.Counters (
                id int NOT NULL PRIMARY KEY, count int, createdAt timestamp NULL, updatedAt timestamp NULL) ENGINE = {engine}
            """);
        var (counters, _) = Open($"127.0.0.1:{_database.Port}");

        var failure = await Assert.ThrowsAsync<FailureException>(() => counters.IncreaseCounterByIdAsync(1, 1));
        Assert.That(failure.Message, Does.Contain("no transactions"));
    }

    [TestCase("ALTER TABLE flask_demo.Counters MODIFY `count` int NOT NULL")]
    [TestCase("ALTER TABLE flask_demo.Counters ENGINE = InnoDB, ALGORITHM = COPY")]
    [TestCase("ALTER TABLE flask_demo.Counters ADD COLUMN note int NULL")]
    [TestCase("DROP DATABASE flask_demo; CREATE DATABASE flask_demo")]
    public async Task A_table_may_be_altered_while_it_is_used(string alter)
    {
        var (counters, _) = Open($"127.0.0.1:{_database.Port}");
        await counters.IncreaseCounterByIdAsync(1, 1);
        using var end = new CancellationTokenSource();
        var values = new List<long>();
        var load = Task.Run(async () =>
        {
            while (!end.IsCancellationRequested)
                values.Add((await counters.IncreaseCounterByIdAsync(1, 1)).After);
        });

        _database.Execute(alter);
        var altered = values.Count;
        await Wait.UntilAsync(() => values.Count > altered + 100);
        await end.CancelAsync();
        await load;

        var restart = values.IndexOf(1);
        Assert.That(restart < 0 ? values : values[restart..], Is.Ordered.Ascending.And.Unique);
        Assert.That(await counters.QueryCounterByIdAsync(1), Is.EqualTo(values[^1]));
    }

    [Test]
    public async Task A_narrowed_column_is_noticed_before_it_overflows()
    {
        var (counters, _) = Open($"127.0.0.1:{_database.Port}");
        await counters.IncreaseCounterByIdAsync(1, 2147483646);
        _database.Execute("ALTER TABLE flask_demo.Counters MODIFY `count` int NOT NULL");

        Assert.That(await Outcome(counters.IncreaseCounterByIdAsync(1, 2)), Is.False);
        Assert.That(await counters.IncreaseCounterByIdAsync(1, 2), Is.EqualTo(new Increase(2147483646, 2147483647)));
    }

    [Test]
    public async Task Two_transactions_that_lock_each_other_s_rows_are_both_answered()
    {
        var (counters, _) = Open($"127.0.0.1:{_database.Port}");
        await counters.IncreaseCounterByIdAsync(1, 1);
        await counters.IncreaseCounterByIdAsync(2, 1);
        using var other = _database.Connect();
        other.Execute("USE flask_demo; SET autocommit = 0; UPDATE Counters SET count = 10 WHERE id = 1");
        var waiting = counters.IncreaseCounterByIdAsync(1, 1);
        await Task.WhenAny(waiting, Wait.UntilAsync(() =>
        {
            using var administrator = _database.Connect();
            // The table innodb_lock_waits would not do: asked again within 100 ms, it repeats what it said before.
            return StatusOf(administrator, "Innodb_row_lock_current_waits") > 0;
        }));

        Assert.That(waiting.IsCompleted, Is.False);
        other.Execute("COMMIT");
        Assert.That((await waiting).After, Is.EqualTo(11));
    }

    [Test]
    public async Task An_unknown_host_is_named_once_however_often_it_is_tried()
    {
        var (counters, notes) = Open("no-such-host.invalid:3306");

        Assert.That(await Outcome(counters.IncreaseCounterByIdAsync(1, 1)), Is.False);
        Assert.That(await Outcome(notes.ListAsync(Owner)), Is.False);
        Assert.That(Warnings, Has.Count.EqualTo(1));
        Assert.That(Warnings[0], Does.Contain("no-such-host.invalid:3306"));
    }

    private List<string> Warnings => [.. _log.Lines.Where(line => line.StartsWith("Warning", StringComparison.Ordinal))];

    private (ICounterRepository Counters, INoteRepository Notes) Open(string address, string user = "root", TimeProvider? time = null)
    {
        var store = MySqlServer.Store(
            new() { ["MYSQL_ADDRESS"] = address, ["MYSQL_USERNAME"] = user, ["MYSQL_PASSWORD"] = "" }, time, _log);
        _stores.Add(store);
        return (new MySqlCounterRepository(store), new MySqlNoteRepository(store));
    }

    private static void LoseOneAnswer(FaultyProxy proxy)
        => proxy.Forward((_, _) =>
        {
            proxy.Forward(FaultyProxy.Untouched);
            throw new IOException("lost");
        });

    /// <summary>How many clients have gone without a goodbye, once no more connections than these are open.</summary>
    private static async Task<int> AbortedClientsAsync(IDbConnection administrator, int open)
    {
        await Wait.UntilAsync(() => administrator.ExecuteScalar<int>(
            "SELECT COUNT(*) FROM information_schema.processlist WHERE db = 'flask_demo'") == open);
        return StatusOf(administrator, "Aborted_clients");
    }

    /// <summary>How many connections wait for a table that somebody has locked.</summary>
    private static int WaitingForTable(IDbConnection administrator)
        => administrator.ExecuteScalar<int>("SELECT COUNT(*) FROM information_schema.processlist WHERE state LIKE '%metadata lock%'");

    /// <summary>What the server counts, by SHOW STATUS.</summary>
    private static int StatusOf(IDbConnection server, string name)
        => server.QuerySingle<(string Name, int Value)>($"SHOW GLOBAL STATUS LIKE '{name}'").Value;

    /// <summary>Whether a call succeeded; any failure but an unavailable store fails the test.</summary>
    private static async Task<bool> Outcome(Task call)
    {
        try
        {
            await call;
            return true;
        }
        catch (FailureException e) when (e.Kind == FailureKind.StoreUnavailable)
        {
            return false;
        }
    }

    private T Keep<T>(T server)
        where T : IDisposable
    {
        _servers.Add(server);
        return server;
    }
}
