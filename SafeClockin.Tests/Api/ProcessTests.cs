using System.Net;
using System.Text.Json;
using Dapper;
using SafeClockin.Tests.Servers;

namespace SafeClockin.Tests.Api;

/// <summary>The service as an operator meets it: a process with settings, an exit code and a log.</summary>
public sealed class ProcessTests
{
    private static readonly string[] Stores = ["sqlite", "mysql"];

    [TestCaseSource(nameof(Stores))]
    public async Task A_life_with_a_page_and_a_count_has_these_lines_in_its_log_and_no_others(string store)
    {
        var settings = StoreSettings(store);
        settings["MYSQL_ADRESS"] = "misspelt";
        var (service, client) = await ServiceProcess.StartAsync(settings);
        using var _ = service;
        using (client)
        {
            foreach (var path in new[] { "/", "/docs/", "/api/count", "/health" })
                (await client.GetAsync(path)).Dispose();
        }

        Assert.That(await service.StopAsync(), Is.Zero);

        var lines = service.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement);
        Assert.That(
            lines.Select(line => (line.TryGetProperty("@l", out var level) ? $"{level}: " : "") + line.GetProperty("@mt").GetString()),
            Is.EquivalentTo(new[]
            {
                "SafeClockin {Version}",
                "Warning: {Misspelt}",
                store == "mysql" ? "Storing in {Store}" : "Storing in the embedded SQLite file {File}; set MYSQL_ADDRESS to store in MySQL",
                "Warning: Login is not configured: {Error}",
                "Warning: Login is not configured: {Error}",
                "Now listening on: {address}",
                "Application started. Press Ctrl+C to shut down.",
                "Hosting environment: {EnvName}",
                "Content root path: {ContentRoot}",
                "HTTP {RequestMethod} {RequestPath} responded {StatusCode} in {Elapsed:0.0000} ms",
                "HTTP {RequestMethod} {RequestPath} responded {StatusCode} in {Elapsed:0.0000} ms",
                "HTTP {RequestMethod} {RequestPath} responded {StatusCode} in {Elapsed:0.0000} ms",
                "Application is shutting down...",
            }));
    }

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
    public async Task An_embedded_file_without_a_folder_lies_in_the_working_directory()
    {
        var settings = Service.EmbeddedStore();
        settings["SQLITE_FILE"] = "count.db";
        var (service, client) = await ServiceProcess.StartAsync(settings);
        using var _ = service;
        using var __ = client;

        Assert.That(await client.PostActionAsync("inc"), Is.EqualTo(1));
        Assert.That(service.Output, Does.Contain($"\"{Path.Combine(service.WorkingFolder, "count.db")}\""));
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

        Assert.That(() => service.Output, Does.Match("\"@l\":\"Warning\".*Not ready|Not ready.*\"@l\":\"Warning\"").After(10_000, 20));
        Assert.That((await client.GetAsync("/health")).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(() => service.Output, Does.Contain("The store is unavailable").After(10_000, 20));
        using var count = await client.GetAsync("/api/count");
        await service.StopAsync();
        Assert.That(service.Output, Does.Contain("responded 503").Or.Contain("\"StatusCode\":503"));
        Assert.That(service.Output, Does.Not.Contain("\"SourceContext\":\"MySqlConnector"), "the driver repeats what is told already");
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
