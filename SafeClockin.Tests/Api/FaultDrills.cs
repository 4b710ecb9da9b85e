using System.Diagnostics;
using Dapper;
using SafeClockin.Tests.Servers;

namespace SafeClockin.Tests.Api;

/// <summary>
/// The database and the service are killed, frozen, moved and starved under load. Nothing acknowledged is lost,
/// every answer comes within 10 s, and the service recovers without a restart.
/// </summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase), Parallelizable(ParallelScope.Children)] // each has servers of its own
public sealed class FaultDrills
{
    private readonly List<IDisposable> _started = [];

    [TearDown]
    public void StopAll()
    {
        _started.Reverse();
        _started.ForEach(started => started.Dispose());
    }

    [Test]
    public async Task The_database_is_killed_and_started_again()
    {
        var database = Keep(MariaDb.Start());
        var clients = await ReplicasAsync($"127.0.0.1:{database.Port}");
        var load = Load.On(clients);
        await load.AcknowledgesAsync(500);

        database.Kill();
        await Task.Delay(TimeSpan.FromSeconds(3)); // the outage itself
        database.Launch();
        await load.AcknowledgesAsync(500);

        await load.JudgeAsync("Database killed and restarted", clients[0].GetCountAsync);
    }

    [Test]
    public async Task The_database_freezes_and_thaws()
    {
        var database = Keep(MariaDb.Start());
        var clients = await ReplicasAsync($"127.0.0.1:{database.Port}");
        var load = Load.On(clients);
        await load.AcknowledgesAsync(500);

        database.Freeze();
        await Task.Delay(TimeSpan.FromSeconds(9)); // longer than any deadline
        database.Thaw();
        await load.AcknowledgesAsync(500);

        await load.JudgeAsync("Database frozen and thawed", clients[1].GetCountAsync);
    }

    [Test]
    public async Task The_database_accepts_no_more_connections_for_a_while()
    {
        var database = Keep(MariaDb.Start());
        database.Execute("CREATE USER 'app'@'%'; GRANT ALL ON *.* TO 'app'@'%'; SET GLOBAL max_connections = 10");
        var clients = await ReplicasAsync($"127.0.0.1:{database.Port}", ("MYSQL_USERNAME", "app"));
        var load = Load.On(clients);
        await load.AcknowledgesAsync(500);

        database.Execute("ALTER USER 'app'@'%' ACCOUNT LOCK");
        using (var administrator = database.Connect())
        {
            foreach (var id in administrator.Query<long>("SELECT id FROM information_schema.processlist WHERE user = 'app'"))
                administrator.Execute($"KILL {id}");
            var others = Enumerable.Range(0, 9).Select(_ => database.Connect()).ToList();
            administrator.Execute("ALTER USER 'app'@'%' ACCOUNT UNLOCK");
            await Task.Delay(TimeSpan.FromSeconds(4)); // the outage itself
            others.ForEach(connection => connection.Dispose());
        }

        await load.AcknowledgesAsync(500);

        await load.JudgeAsync("Too many connections", clients[0].GetCountAsync);
    }

    [TestCase("DELETE FROM flask_demo.Counters")]
    [TestCase("DROP TABLE flask_demo.Counters")]
    [TestCase("DROP DATABASE flask_demo")]
    public async Task The_row_the_table_or_the_database_is_dropped(string statement)
    {
        var database = Keep(MariaDb.Start());
        var clients = await ReplicasAsync($"127.0.0.1:{database.Port}");
        var before = Load.On(clients);
        await before.AcknowledgesAsync(300);
        await before.JudgeAsync("Before " + statement, clients[0].GetCountAsync);

        database.Execute(statement);
        var after = Load.On(clients);
        await after.AcknowledgesAsync(300);

        await after.JudgeAsync("After " + statement, clients[1].GetCountAsync);
        Assert.That(after.Refused, Is.Zero);
    }

    [Test]
    public async Task The_database_s_answers_are_lost_on_the_way()
    {
        var database = Keep(MariaDb.Start());
        var proxy = Keep(new FaultyProxy(database.Port));
        var clients = await ReplicasAsync($"127.0.0.1:{proxy.Port}");
        var load = Load.On(clients);
        await load.AcknowledgesAsync(300);

        for (var i = 0; i < 5; i++)
        {
            proxy.Forward(FaultyProxy.Lost);
            await Task.Delay(200); // the fault itself
            proxy.Forward(FaultyProxy.Untouched);
            await load.AcknowledgesAsync(100);
        }

        await load.JudgeAsync("Answers lost on the wire", clients[0].GetCountAsync);
    }

    [TestCase("ALTER TABLE flask_demo.Counters ADD COLUMN note int NULL, LOCK = SHARED, ALGORITHM = COPY")]
    [TestCase("LOCK TABLES flask_demo.Counters WRITE; SELECT SLEEP(6); UNLOCK TABLES")]
    public async Task The_table_is_altered_or_locked(string statement)
    {
        var database = Keep(MariaDb.Start());
        var clients = await ReplicasAsync($"127.0.0.1:{database.Port}");
        var load = Load.On(clients);
        await load.AcknowledgesAsync(300);

        database.Execute(statement);
        await load.AcknowledgesAsync(300);

        await load.JudgeAsync(statement, clients[0].GetCountAsync);
    }

    [Test]
    public async Task A_crowd_meets_the_ceiling_on_a_slow_database()
    {
        var database = Keep(MariaDb.Start());
        database.Execute(
            """
            CREATE DATABASE flask_demo; CREATE TABLE flask_demo.Counters (
                id int NOT NULL PRIMARY KEY, count int NOT NULL, createdAt timestamp NULL, updatedAt timestamp NULL);
            INSERT INTO flask_demo.Counters VALUES (1, 2147483640, NULL, NULL)
            """);
        var proxy = Keep(new FaultyProxy(database.Port));
        var clients = await ReplicasAsync($"127.0.0.1:{proxy.Port}");
        await Task.WhenAll(clients.Select(client => client.GetCountAsync()));

        proxy.Forward(FaultyProxy.Late(TimeSpan.FromSeconds(0.45)));
        var asked = Stopwatch.StartNew();
        var answers = await Task.WhenAll(Enumerable.Range(0, 64).Select(async i =>
        {
            using var response = await clients[i % 2].PostAsync("/api/count", Envelopes.Json("""{"action":"inc"}"""));
            return await response.Content.ReadAsStringAsync();
        }));

        TestContext.Progress.WriteLine($"64 increments at the ceiling, each answer of the database 0.45 s late: {asked.Elapsed.TotalSeconds:0.0} s");
        Assert.That(asked.Elapsed, Is.LessThan(TimeSpan.FromSeconds(10)));
        Assert.That(answers.Where(answer => answer.Contains("data")), Is.EquivalentTo(
            Enumerable.Range(2147483641, 7).Select(value => $$"""{"code":0,"data":{{value}}}""")));
        Assert.That(answers.Count(answer => answer.Contains("计数已达上限，请先清零")), Is.EqualTo(57));
    }

    [Test]
    public async Task A_table_without_a_key_is_not_counted_in_and_the_process_is_healthy_all_the_same()
    {
        var database = Keep(MariaDb.Start());
        database.Execute("CREATE DATABASE flask_demo; CREATE TABLE flask_demo.Counters (id int, count int, createdAt timestamp NULL, updatedAt timestamp NULL)");
        var (service, client) = Keep(await ServiceProcess.StartAsync(
            new Dictionary<string, string> { ["MYSQL_ADDRESS"] = $"127.0.0.1:{database.Port}", ["MYSQL_PASSWORD"] = "" }));

        using var refused = await client.PostAsync("/api/count", Envelopes.Json("""{"action":"inc"}"""));
        using var health = await client.GetAsync("/health");

        Assert.That((int)refused.StatusCode, Is.EqualTo(503));
        Assert.That((int)health.StatusCode, Is.EqualTo(200));
        Assert.That(
            () => service.Output, Does.Contain("the table Counters cannot be used: it has no unique key on id").After(10_000, 20));
    }

    [Test]
    public async Task An_unknown_host_costs_a_start_and_a_request_few_lines_one_of_which_names_it()
    {
        var (service, client) = Keep(await ServiceProcess.StartAsync(
            new Dictionary<string, string> { ["MYSQL_ADDRESS"] = "no-such-host.invalid" }));

        using var refused = await client.GetAsync("/api/count");
        Assert.That(await service.StopAsync(), Is.Zero);

        var lines = service.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.That(lines, Has.Length.LessThanOrEqualTo(15));
        Assert.That(lines.Count(line => line.Contains("Warning") && line.Contains("no-such-host.invalid:3306")), Is.EqualTo(1));
    }

    [TestCase("mysql")]
    [TestCase("sqlite")]
    public async Task The_service_is_killed(string store)
    {
        var settings = store == "mysql" ? MySqlServer.NewDatabase() : Service.EmbeddedStore();
        var (service, client) = await ServiceProcess.StartAsync(settings);
        var load = Load.On(Keep(client));
        await load.AcknowledgesAsync(300);

        Keep(service).Kill();

        var (_, later) = Keep(await ServiceProcess.StartAsync(settings));
        await load.JudgeAsync($"Service on {store} killed", later.GetCountAsync);
    }

    [TestCase("mysql")]
    [TestCase("sqlite")]
    public async Task The_service_is_asked_to_end_and_finishes_what_runs(string store)
    {
        var settings = store == "mysql" ? MySqlServer.NewDatabase() : Service.EmbeddedStore();
        var (service, client) = await ServiceProcess.StartAsync(settings);
        var load = Load.On(Keep(client));
        await load.AcknowledgesAsync(300);

        var asked = Stopwatch.StartNew();
        Assert.That(await Keep(service).StopAsync(), Is.Zero);
        Assert.That(asked.Elapsed, Is.LessThan(TimeSpan.FromSeconds(8)));

        var (_, later) = Keep(await ServiceProcess.StartAsync(settings));
        await load.JudgeAsync($"Service on {store} asked to end", later.GetCountAsync);
        Assert.That(load.Refused, Is.Zero, "what it had accepted was answered");
    }

    [Test]
    public async Task A_node_of_a_cluster_is_killed_and_another_takes_its_place()
    {
        var cluster = Keep(GaleraCluster.Start());
        var clients = await ReplicasAsync(cluster.Address);
        var load = Load.On(clients);
        await load.AcknowledgesAsync(300);

        cluster.Nodes[0].Kill();
        await load.AcknowledgesAsync(300);

        await load.JudgeAsync("Cluster node killed", clients[0].GetCountAsync);
    }

    [Test]
    public async Task A_node_of_a_cluster_freezes_and_another_takes_its_place()
    {
        var cluster = Keep(GaleraCluster.Start());
        var clients = await ReplicasAsync(cluster.Address);
        var load = Load.On(clients);
        await load.AcknowledgesAsync(300);

        cluster.Nodes[0].Freeze();
        await load.AcknowledgesAsync(300, TimeSpan.FromSeconds(30));

        await load.JudgeAsync("Cluster node frozen", clients[1].GetCountAsync);
    }

    [Test]
    public async Task A_node_of_a_cluster_turns_read_only_or_leaves_it_and_another_takes_its_place()
    {
        var cluster = Keep(GaleraCluster.Start());
        cluster.Nodes[0].Execute("CREATE USER 'app'@'%'; GRANT ALL ON flask_demo.* TO 'app'@'%'");
        var clients = await ReplicasAsync(cluster.Address, ("MYSQL_USERNAME", "app"));
        var load = Load.On(clients);
        await load.AcknowledgesAsync(300);

        cluster.Nodes[0].Execute("SET GLOBAL read_only = 1");
        await load.AcknowledgesAsync(300);
        cluster.Nodes[1].Execute("SET GLOBAL wsrep_provider_options = 'gmcast.isolate=1'");
        await load.AcknowledgesAsync(300, TimeSpan.FromSeconds(30));

        await load.JudgeAsync("Cluster node read-only, the next one isolated", clients[0].GetCountAsync);
    }

    private async Task<HttpClient[]> ReplicasAsync(string address, params (string Name, string Value)[] settings)
    {
        var environment = settings.ToDictionary(setting => setting.Name, setting => setting.Value);
        environment["MYSQL_ADDRESS"] = address;
        environment["MYSQL_PASSWORD"] = "";
        var (_, left) = Keep(await ServiceProcess.StartAsync(environment));
        var (_, right) = Keep(await ServiceProcess.StartAsync(environment));
        return [left, right];
    }

    private T Keep<T>(T started)
        where T : IDisposable
    {
        _started.Add(started);
        return started;
    }

    private (ServiceProcess Process, HttpClient Client) Keep((ServiceProcess Process, HttpClient Client) started)
        => (Keep(started.Process), Keep(started.Client));
}
