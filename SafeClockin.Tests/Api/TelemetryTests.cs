using Microsoft.AspNetCore.Server.Kestrel.Core;
using SafeClockin.Tests.Servers;

namespace SafeClockin.Tests.Api;

/// <summary>What an operator's collector gets from a running service.</summary>
public sealed class TelemetryTests
{
    private OtlpReceiver _receiver;
    private WeChatStub _weChat;

    [SetUp]
    public void Start()
    {
        _receiver = new();
        _weChat = new();
    }

    [TearDown]
    public async Task StopAsync()
    {
        _weChat.Dispose();
        await _receiver.DisposeAsync();
    }

    [Test]
    public async Task Requests_statements_and_WeChat_are_traced_and_measured_without_any_secret()
    {
        var code = _weChat.CodeOf("an-openid");
        var settings = MySqlServer.NewDatabase();
        foreach (var (name, value) in _weChat.Settings().Concat(_receiver.Settings()))
            settings[name] = value;
        settings["STORE"] = "mysql";
        settings["OTEL_SERVICE_NAME"] = "replica-of-a-test";
        settings["OTEL_EXPORTER_OTLP_HEADERS"] = "authorization=Basic dXNlcg==,x-team=one";
        // Whoever debugs switches these on.
        settings["DOTNET_SYSTEM_NET_HTTP_DISABLEURIREDACTION"] = "1";
        settings["OTEL_DOTNET_EXPERIMENTAL_ASPNETCORE_DISABLE_URL_QUERY_REDACTION"] = "true";

        var (service, client) = await ServiceProcess.StartAsync(settings);
        using var _ = service;
        using var __ = client;
        await client.PostActionAsync("inc");
        var login = await client.GetStringAsync($"/api/login?code={code}");
        using var refused = await client.GetAsync($"/api/user?token={WeChatStub.Secret}");
        foreach (var probe in new[] { "/health", "/health/ready" })
            using (await client.GetAsync(probe)) { }
        Assert.That(await service.StopAsync(), Is.Zero, "what is left is sent at the end");

        Assert.That(_receiver.Headers, Has.All.EqualTo("Basic dXNlcg== one"));
        foreach (var text in new[] { "replica-of-a-test", "api/count", "INSERT INTO", $"{_weChat.Url}/sns/jscode2session" })
            Assert.That(_receiver.Traces, Does.Contain(text));
        Assert.That(_receiver.Traces, Does.Not.Contain("/health"), "probes tell nothing and come every few seconds");
        foreach (var text in new[]
        {
            "safeclockin.counter.increments", "safeclockin.counter.commit.size", "safeclockin.wechat.duration",
            "http.server.request.duration", "http.client.request.duration", "kestrel.active_connections", "aspnetcore.rate_limiting.requests", "dotnet.gc",
        })
        {
            Assert.That(_receiver.Metrics, Does.Contain(text));
        }

        var token = login.Split('"').MaxBy(part => part.Length)!;
        foreach (var secret in new[] { code, WeChatStub.Secret, WeChatStub.TokenSecret, WeChatStub.SessionKey, token })
            Assert.That(_receiver.Traces + _receiver.Metrics, Does.Not.Contain(secret));
    }

    [Test]
    public async Task With_nothing_set_but_where_to_send_it_goes_by_gRPC_and_has_a_name()
    {
        await using var receiver = new OtlpReceiver(HttpProtocols.Http2);
        var settings = Service.EmbeddedStore();
        foreach (var (name, value) in receiver.Settings())
            settings[name] = value;
        settings["OTEL_EXPORTER_OTLP_PROTOCOL"] = "";
        var (service, client) = await ServiceProcess.StartAsync(settings);
        using var _ = service;
        using var __ = client;
        await client.PostActionAsync("inc");

        await Wait.UntilAsync(() => receiver.Metrics.Contains("service.name", StringComparison.Ordinal) && receiver.Traces.Length > 0);

        Assert.That(receiver.Metrics, Does.Match(@"(?s)service\.name.{1,6}safeclockin").And.Not.Contain("unknown_service"));
        Assert.That(receiver.Metrics, Does.Contain("service.instance.id"), "or replicas could not be told apart");
    }

    [Test]
    public async Task Nothing_of_it_is_loaded_when_nobody_asked_for_it()
    {
        if (!OperatingSystem.IsLinux())
            Requirement.Missing("What a process has loaded is read from Linux's /proc.");
        var (service, client) = await ServiceProcess.StartAsync(Service.EmbeddedStore());
        using var _ = service;
        using var __ = client;
        await client.PostActionAsync("inc");

        var loaded = (await File.ReadAllLinesAsync($"/proc/{service.Id}/maps"))
            .Select(line => Path.GetFileName(line.Split(' ').Last())).Distinct().ToList();

        Assert.That(loaded, Does.Contain("SafeClockin.Domain.dll"));
        Assert.That(loaded, Has.None.StartsWith("OpenTelemetry"));
    }

    [Test]
    public async Task A_collector_that_is_not_there_keeps_nobody_waiting()
    {
        var settings = Service.EmbeddedStore();
        foreach (var (name, value) in _receiver.Settings())
            settings[name] = value;
        await _receiver.DisposeAsync();

        var (service, client) = await ServiceProcess.StartAsync(settings);
        using var _ = service;
        using var __ = client;

        Assert.That(await client.PostActionAsync("inc"), Is.EqualTo(1));
        Assert.That(await service.StopAsync(), Is.Zero);
    }
}
