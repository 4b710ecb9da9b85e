using System.Text.Json;
using SafeClockin.Api.Hosting;
using SafeClockin.Tests.Servers;

namespace SafeClockin.Tests.Api;

/// <summary>What an operator asks the program for, and how much it says while it serves.</summary>
public sealed class CommandLineTests
{
    [Test]
    public async Task The_version_is_told_whatever_is_wrong_with_the_settings()
    {
        var folder = Workspace.NewFolder();
        await File.WriteAllTextAsync(Path.Combine(folder, ".env"), "no setting");

        Assert.That(
            await ServiceProcess.RunToItsEndAsync(
                new Dictionary<string, string> { ["STORE"] = "postgres" }, ["--version"], folder, shell: "exec \"$@\" 2>/dev/null"),
            Is.EqualTo((0, ServiceVersion.Current + Environment.NewLine)));
    }

    [Test]
    public async Task Help_tells_every_setting_with_its_default_and_its_meaning()
    {
        var (exitCode, output) = await ServiceProcess.RunToItsEndAsync(new Dictionary<string, string>(), ["--help"], shell: "exec \"$@\" 2>/dev/null");

        Assert.That(exitCode, Is.Zero);
        foreach (var setting in AllSettings.List)
        {
            Assert.That(setting.Meaning, Is.Not.Empty, setting.Name);
            Assert.That(output, Does.Contain($"\n{setting.Name}={setting.Default}\n    {setting.Meaning}\n"));
        }

        Assert.That(output, Does.Contain("--healthcheck").And.Contain("--version"));
    }

    [TestCase("debug", true, true)]
    [TestCase("information", true, false)]
    [TestCase("", true, false)]
    [TestCase("warning", false, false)]
    [TestCase("Error", false, false)]
    public async Task The_log_holds_requests_from_information_on_and_probes_at_debug_and_no_query_at_any_level(
        string level, bool showsRequests, bool showsProbes)
    {
        var settings = Service.EmbeddedStore();
        settings["LOG_LEVEL"] = level;
        var (service, client) = await ServiceProcess.StartByShellAsync("exec \"$@\"", settings);
        using var _ = service;
        using var __ = client;
        foreach (var path in new[] { "/api/count?x=QUERY-CANARY", "/api/login?code=QUERY-CANARY", "/health?x=QUERY-CANARY" })
            using (await client.GetAsync(path)) { }
        Assert.That(await service.StopAsync(), Is.Zero);

        var log = service.Output;
        Assert.That(log.Contains("\"/api/count\""), Is.EqualTo(showsRequests));
        Assert.That(log.Contains("\"/health\""), Is.EqualTo(showsProbes));
        Assert.That(log, Does.Not.Contain("QUERY-CANARY"));
        Assert.That(log.Contains("\"@l\":\"Warning\""), Is.EqualTo(level != "Error"), "login is not configured");
    }

    [Test]
    public async Task The_log_begins_by_telling_the_version()
    {
        var (service, client) = await ServiceProcess.StartAsync(Service.EmbeddedStore());
        using var _ = service;
        using var __ = client;

        var line = service.Output.Split('\n').Single(line => line.Contains("SafeClockin {Version}"));
        Assert.That(JsonDocument.Parse(line).RootElement.GetProperty("Version").GetString(), Is.EqualTo(ServiceVersion.Current));
    }

    [TestCase("Production")]
    [TestCase("Staging")]
    [TestCase("prod")]
    public async Task Outside_of_Development_whatever_it_is_called_the_store_is_MySQL_and_the_example_logs_in_with_a_code(string environment)
    {
        var (service, client) = await ServiceProcess.StartAsync(new Dictionary<string, string>
        {
            ["ASPNETCORE_ENVIRONMENT"] = environment,
        });
        using var _ = service;
        using var __ = client;

        Assert.That(service.Output, Does.Contain("MySQL at 127.0.0.1:3306, database flask_demo"));
        Assert.That(await client.GetStringAsync("/"), Does.Contain("/api/login?code=CODE"));
    }
}
