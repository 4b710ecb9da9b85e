using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using SafeClockin.Tests.Servers;

namespace SafeClockin.Tests.Api;

/// <summary>The program as the health check of a service that runs beside it.</summary>
public sealed class HealthcheckTests
{
    private ServiceProcess _service;
    private HttpClient _client;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        var settings = Service.EmbeddedStore();
        settings["LOG_LEVEL"] = "debug";
        (_service, _client) = await ServiceProcess.StartAsync(settings);
    }

    [OneTimeTearDown]
    public void Stop()
    {
        _client?.Dispose();
        _service?.Dispose();
    }

    [Test]
    public async Task It_asks_the_service_beside_it_whatever_proxy_the_environment_names()
    {
        using var proxy = new TcpListener(IPAddress.Loopback, 0);
        proxy.Start();

        var (exitCode, output) = await ServiceProcess.RunToItsEndAsync(new Dictionary<string, string>
        {
            ["ASPNETCORE_URLS"] = $"http://{_client.BaseAddress!.Authority}",
            ["http_proxy"] = $"http://{proxy.LocalEndpoint}",
            ["ALL_PROXY"] = $"http://{proxy.LocalEndpoint}",
            ["no_proxy"] = "",
        }, ["--healthcheck"]);

        Assert.That((exitCode, output), Is.EqualTo((0, "")));
        Assert.That(proxy.Pending(), Is.False);
    }

    [TestCase("urls", "http://127.0.0.1:{0}")]
    [TestCase("urls", "http://*:{0};http://*:1")]
    [TestCase("urls", "http://localhost:{0}")]
    [TestCase("urls", "http://0.0.0.0:{0}")]
    [TestCase("urls", "http://[::]:{0}")]
    [TestCase("urls", "http://a.name:{0}", Description = "which listens everywhere")]
    [TestCase("http_ports", "{0}")]
    public async Task It_finds_the_service_by_the_same_settings(string name, string value)
    {
        value = string.Format(value, _client.BaseAddress!.Port);
        var none = new Dictionary<string, string> { ["ASPNETCORE_URLS"] = "" };

        var byArgument = await ServiceProcess.RunToItsEndAsync(none, [$"--{name}={value}", "--healthcheck"]);
        var byItsWholeName = await ServiceProcess.RunToItsEndAsync(none, ["--healthcheck", $"--AspNetCore_{name}", value]);
        var byVariable = await ServiceProcess.RunToItsEndAsync(
            new Dictionary<string, string>(none) { ["ASPNETCORE_" + name.ToUpperInvariant()] = value }, ["--healthcheck"]);

        Assert.That((byArgument, byItsWholeName, byVariable), Is.EqualTo(((0, ""), (0, ""), (0, ""))));
    }

    [Test]
    public async Task It_reads_env_file_as_the_service_does_and_asks_what_every_probe_asks()
    {
        var folder = Workspace.NewFolder();
        await File.WriteAllTextAsync(Path.Combine(folder, ".env"), $"ASPNETCORE_HTTP_PORTS={_client.BaseAddress!.Port}");

        var check = await ServiceProcess.RunToItsEndAsync(
            new Dictionary<string, string> { ["ASPNETCORE_URLS"] = "" }, ["--healthcheck"], folder);

        Assert.That(check, Is.EqualTo((0, "")));
        Assert.That(() => _service.Output, Does.Contain("\"RequestPath\":\"/health\"").After(10_000, 20));
    }

    [TestCase("255.255.255.255", Description = "which nothing can be sent to")]
    [TestCase("[::1]")]
    public async Task It_asks_at_the_one_address_that_is_listened_on(string address)
    {
        var (exitCode, output) = await ServiceProcess.RunToItsEndAsync(
            new Dictionary<string, string> { ["ASPNETCORE_URLS"] = $"http://{address}:{_client.BaseAddress!.Port}" }, ["--healthcheck"]);

        Assert.That(exitCode, Is.EqualTo(1), "the service answers at another one");
        Assert.That(output, Does.Contain(address));
    }

    [Test]
    public async Task It_finds_a_service_that_listens_on_a_socket_in_the_file_system()
    {
        var settings = Service.EmbeddedStore();
        var path = Path.Combine(Path.GetTempPath(), $"safeclockin-{Guid.NewGuid():N}"); // a socket's path must be short
        settings["ASPNETCORE_URLS"] = $"http://unix:{path};http://127.0.0.1:0";
        var (service, _) = await ServiceProcess.StartAsync(settings);
        using (service)
            Assert.That(await ServiceProcess.RunToItsEndAsync(settings, ["--healthcheck"]), Is.EqualTo((0, "")));
        File.Delete(path);
    }

    [Test]
    public async Task It_asks_by_HTTPS_without_regard_to_the_name_in_the_certificate()
    {
        var settings = Service.EmbeddedStore();
        var folder = Workspace.NewFolder();
        using var key = ECDsa.Create();
        using var certificate = new CertificateRequest("CN=clockin.example.com", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        foreach (var (name, value) in new[] { ("Path", certificate.ExportCertificatePem()), ("KeyPath", key.ExportPkcs8PrivateKeyPem()) })
        {
            settings["Kestrel__Certificates__Default__" + name] = Path.Combine(folder, name);
            await File.WriteAllTextAsync(Path.Combine(folder, name), value);
        }

        settings["ASPNETCORE_URLS"] = $"https://127.0.0.1:{MariaDb.FreePort()};http://127.0.0.1:0";
        var (service, _) = await ServiceProcess.StartAsync(settings);
        using (service)
            Assert.That(await ServiceProcess.RunToItsEndAsync(settings, ["--healthcheck"]), Is.EqualTo((0, "")));
    }

    [Test]
    public async Task It_fails_with_one_line_where_nobody_or_something_else_answers()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        using var other = new ForeignServer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"u8.ToArray(), hangsUp: false);
        using var elsewhere = new ForeignServer(
            Encoding.ASCII.GetBytes($"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{other.Port}/\r\nContent-Length: 0\r\n\r\n"), hangsUp: false);
        using var failing = new ForeignServer("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"u8.ToArray(), hangsUp: false);
        foreach (var port in new[] { MariaDb.FreePort(), ((IPEndPoint)silent.LocalEndpoint).Port, elsewhere.Port, failing.Port })
        {
            var (exitCode, output) = await ServiceProcess.RunToItsEndAsync(
                new Dictionary<string, string> { ["ASPNETCORE_URLS"] = $"http://127.0.0.1:{port}" }, ["--healthcheck"]);

            Assert.That(exitCode, Is.EqualTo(1));
            Assert.That(output.Trim(), Is.Not.Empty.And.Not.Contains("\n"));
        }
    }
}
