using Dapper;
using SafeClockin.Tests.Servers;

namespace SafeClockin.Tests.Api;

/// <summary>
/// The database and the service are killed, frozen, moved and starved under load. Nothing acknowledged is lost,
/// every answer comes within 10 s, and the service recovers without a restart.
/// </summary>
public sealed class FaultDrills
{
    private readonly List<IDisposable> _started = [];

    [TearDown]
    public void StopAll()
    {
        _started.Reverse();
        _started.ForEach(started => started.Dispose());
        _started.Clear();
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

        var asked = System.Diagnostics.Stopwatch.StartNew();
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
