using System.Net;
using System.Net.Sockets;
using Dapper;
using SafeClockin.Tests.Servers;

namespace SafeClockin.Tests.Api;

/// <summary>The service as an operator meets it: a process with settings, an exit code and a log.</summary>
public sealed class ProcessTests
{
    private static readonly string[] Stores = ["sqlite", "mysql"];

    [TestCaseSource(nameof(Stores))]
    public async Task A_restart_keeps_the_count(string store)
    {
        var settings = StoreSettings(store);
        var (first, client) = await ServiceProcess.StartAsync(settings);
        using (first)
        using (client)
        {
            await client.PostActionAsync("inc");
            await client.PostActionAsync("inc");
            Assert.That(await first.StopAsync(), Is.Zero);
        }

        var (second, later) = await ServiceProcess.StartAsync(settings);
        using (second)
        using (later)
            Assert.That(await later.GetCountAsync(), Is.EqualTo(2));
    }

    [Test]
    public async Task Two_services_on_one_database_lose_no_increment_and_give_no_value_twice()
    {
        var settings = MySqlServer.NewDatabase();
        var (left, leftClient) = await ServiceProcess.StartAsync(settings);
        using var _ = left;
        var (right, rightClient) = await ServiceProcess.StartAsync(settings);
        using var __ = right;

        var values = await Task.WhenAll(
            Enumerable.Range(0, 400).Select(i => (i % 2 == 0 ? leftClient : rightClient).PostActionAsync("inc")));

        Assert.That(values, Is.EquivalentTo(Enumerable.Range(1, 400)));
        Assert.That(await leftClient.GetCountAsync(), Is.EqualTo(400));
        Assert.That(await rightClient.GetCountAsync(), Is.EqualTo(400));
    }

    [Test]
    public async Task In_Development_with_nothing_set_the_service_counts_in_the_embedded_file_and_says_so()
    {
        var (service, client) = await ServiceProcess.StartAsync(Development());
        using var _ = service;

        Assert.That(await client.PostActionAsync("inc"), Is.EqualTo(1));
        var file = Path.Combine(service.WorkingFolder, "data", "safeclockin.db");
        Assert.That(File.Exists(file), Is.True);
        Assert.That(service.Output, Does.Contain($"the embedded SQLite file {file}"));
    }

    [Test]
    public async Task In_Production_with_nothing_set_the_service_counts_in_MySQL()
    {
        var (service, client) = await ServiceProcess.StartAsync(new Dictionary<string, string>());
        using var _ = service;

        Assert.That(service.Output, Does.Contain("MySQL at 127.0.0.1:3306, database flask_demo"));
    }

    [Test]
    public async Task A_service_that_starts_finds_its_database_before_anybody_calls()
    {
        var settings = MySqlServer.NewDatabase();
        var (service, client) = await ServiceProcess.StartAsync(settings);
        using var _ = service;

        using var database = MySqlServer.Connect();
        Assert.That(
            () => database.ExecuteScalar<long>(
                "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = @name",
                new { name = settings["MYSQL_DATABASE"] }),
            Is.EqualTo(1).After(10_000, 20));
    }

    [Test]
    public async Task A_service_that_starts_without_its_database_says_so_and_serves()
    {
        var (service, client) = await ServiceProcess.StartAsync(
            new Dictionary<string, string> { ["MYSQL_ADDRESS"] = $"127.0.0.1:{MariaDb.FreePort()}" });
        using var _ = service;

        Assert.That((await client.GetAsync("/health")).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(() => service.Output, Does.Contain("The store is unavailable").After(10_000, 20));
    }

    [Test, Platform("Linux", Reason = "Which libraries a process has loaded is read from /proc.")]
    public async Task A_library_that_counting_does_not_need_is_loaded_by_the_first_request_that_does()
    {
        var (service, client) = await ServiceProcess.StartAsync(MySqlServer.NewDatabase());
        using var _ = service;
        string[] tokens = ["Microsoft.IdentityModel.Tokens", "Microsoft.IdentityModel.JsonWebTokens"];

        await client.PostActionAsync("inc");
        Assert.That(
            service.LoadedLibraries(),
            Does.Contain("MySqlConnector")
                .And.None.AnyOf([.. tokens, "Microsoft.AspNetCore.OpenApi", "Microsoft.Data.Sqlite", "OpenTelemetry"]));

        client.DefaultRequestHeaders.Authorization = new("Bearer", "x");
        using var user = await client.GetAsync("/api/user");
        Assert.That(service.LoadedLibraries(), Is.SupersetOf(tokens));
    }

    [TestCase("MYSQL_ADDRESS", "db.internal:3307", "MySQL at db.internal:3307, database flask_demo")]
    [TestCase("MYSQL_PASSWORD", "x", "MySQL at 127.0.0.1:3306, database flask_demo")]
    [TestCase("MYSQL_USERNAME", "x", "MySQL at 127.0.0.1:3306, database flask_demo")]
    [TestCase("MYSQL_DATABASE", "mine", "MySQL at 127.0.0.1:3306, database mine")]
    [TestCase("STORE", "MySQL", "MySQL at 127.0.0.1:3306, database flask_demo")]
    [TestCase("MYSQL_ADDRESS", "", "the embedded SQLite file")]
    public async Task In_Development_a_MYSQL_variable_or_STORE_chooses_MySQL(string name, string value, string store)
    {
        var (service, client) = await ServiceProcess.StartAsync(new Dictionary<string, string>(Development()) { [name] = value });
        using var _ = service;

        Assert.That(service.Output, Does.Contain(store));
    }

    [Test]
    public async Task A_setting_in_env_file_counts_unless_the_environment_says_otherwise()
    {
        var folder = Workspace.NewFolder();
        await File.WriteAllTextAsync(
            Path.Combine(folder, ".env"),
            """
            # a comment
            MYSQL_ADDRESS = from-file:3307
            MYSQL_DATABASE="from_file" # another
            MYSQL_PASSWORD='p#w$d'
            """);

        var (service, client) = await ServiceProcess.StartAsync(
            new Dictionary<string, string> { ["MYSQL_DATABASE"] = "from_environment" },
            folder);
        using var _ = service;

        Assert.That(service.Output, Does.Contain("MySQL at from-file:3307, database from_environment"));
    }

    [TestCase("STORE", "postgres", "STORE is \"postgres\"; expected mysql or sqlite")]
    [TestCase("MYSQL_ADDRESS", "db:port", "MYSQL_ADDRESS is \"db:port\"; expected host, host:port or [IPv6]:port, or several of one cluster separated by commas")]
    [TestCase("WX_API_BASE_URL", "api.weixin.qq.com", "WX_API_BASE_URL is \"api.weixin.qq.com\"; expected an http or https URL like https://api.weixin.qq.com")]
    [TestCase("LOGIN_RATE_LIMIT", "many", "LOGIN_RATE_LIMIT is \"many\"; expected how many logins a minute one client may try, 1 or more")]
    [TestCase("TRUSTED_PROXIES", "gateway", "TRUSTED_PROXIES is \"gateway\"; expected addresses or networks like 10.0.0.0/8, separated by commas")]
    public async Task A_setting_that_cannot_be_understood_stops_the_start_with_one_line(string name, string value, string line)
    {
        var (exitCode, output) = await ServiceProcess.RunToItsEndAsync(new Dictionary<string, string>
        {
            [name] = value,
            ["MYSQL_PASSWORD"] = "a-secret",
        });

        Assert.That((exitCode, output), Is.EqualTo((1, line + Environment.NewLine)));
    }

    [Test]
    public async Task An_address_that_is_taken_or_none_stops_the_start_with_one_line()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var address = $"http://{taken.LocalEndpoint}";
        foreach (var (url, line) in new[]
        {
            (address, $"Failed to bind to address {address}: address already in use."),
            ("8080", "Invalid url: '8080'"),
        })
        {
            var (exitCode, output) = await ServiceProcess.RunToItsEndAsync(new Dictionary<string, string>
            {
                ["ASPNETCORE_URLS"] = url,
            });

            Assert.That(exitCode, Is.EqualTo(1));
            Assert.That(
                output.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries).Where(l => !l.StartsWith('{')),
                Is.EqualTo(new[] { line }),
                "beside the log");
        }
    }

    [Test]
    public async Task In_Production_the_log_is_one_JSON_object_a_line_without_any_query_string()
    {
        var (service, client) = await ServiceProcess.StartAsync(StoreSettings("sqlite"));
        using var _ = service;

        using var response = await client.GetAsync("/api/count?code=a-secret");
        using var health = await client.GetAsync("/health");
        Assert.That(await service.StopAsync(), Is.Zero);

        var lines = service.Output.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
        Assert.That(lines, Has.All.StartsWith("{\"@t\":").And.All.EndsWith("}"));
        Assert.That(lines.Where(line => line.Contains("HTTP")), Has.Exactly(1).Items, "one line a request, none a probe");
        Assert.That(service.Output, Does.Contain("\"RequestPath\":\"/api/count\"").And.Not.Contain("a-secret"));
    }

    private static Dictionary<string, string> Development() => new() { ["ASPNETCORE_ENVIRONMENT"] = "Development" };

    private static Dictionary<string, string> StoreSettings(string store)
        => store == "mysql" ? MySqlServer.NewDatabase() : Service.EmbeddedStore();
}
