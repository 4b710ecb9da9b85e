using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using SafeClockin.Tests.Servers;

namespace SafeClockin.Tests.Api;

/// <summary>A process that is asked to end does so within 8 s and with 0, whatever is under way.</summary>
public sealed class EndTests
{
    [TestCase(true, false, false)]
    [TestCase(false, true, false)]
    [TestCase(false, false, true)]
    [TestCase(true, true, true)]
    public async Task The_end_comes_in_time_whatever_hangs(bool collectorHangs, bool clientHangs, bool databaseHangs)
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0); // accepts, and then nothing
        silent.Start();
        var settings = databaseHangs
            ? new Dictionary<string, string> { ["STORE"] = "mysql", ["MYSQL_ADDRESS"] = $"{silent.LocalEndpoint}" }
            : Service.EmbeddedStore();
        if (collectorHangs)
        {
            settings["OTEL_EXPORTER_OTLP_ENDPOINT"] = $"http://{silent.LocalEndpoint}";
            settings["OTEL_BSP_SCHEDULE_DELAY"] = "50";
        }

        var (service, client) = await ServiceProcess.StartAsync(settings);
        using var _ = service;
        using var __ = client;
        var asked = client.GetAsync("/api/count");
        if (!databaseHangs)
            (await asked).Dispose();

        using var half = new Connection(client.BaseAddress!);
        var drip = Task.CompletedTask;
        if (clientHangs)
        {
            await half.SendAsync("POST /api/count HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 16000\r\n\r\n{");
            drip = DripAsync(half);
        }

        var began = Stopwatch.GetTimestamp();
        Assert.That(await service.StopAsync(), Is.Zero);
        Assert.That(Stopwatch.GetElapsedTime(began).TotalSeconds, Is.LessThan(8), "platforms kill after 10 s");
        if (clientHangs && !databaseHangs) // otherwise nothing tells that the request has arrived before the end is asked for
            Assert.That(service.Output, Does.Contain("\"RequestMethod\":\"POST\""), "the log is written out to what was broken off");
        try
        {
            await Task.WhenAll(drip, asked);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            // Cut off.
        }
    }

    [Test]
    public async Task A_login_that_waits_for_WeChat_is_answered_before_the_end()
    {
        using var weChat = new WeChatStub();
        var isAsked = new TaskCompletionSource();
        var code = weChat.CodeAnswered(async (stream, stop) =>
        {
            isAsked.SetResult();
            await Task.Delay(TimeSpan.FromSeconds(3), stop);
            await WeChatStub.Text("""{"openid":"an-openid","session_key":"k"}""")(stream, stop);
        });
        var (service, client) = await ServiceProcess.StartAsync(weChat.Settings());
        using var _ = service;
        using var __ = client;

        var login = client.GetStringAsync($"/api/login?code={code}");
        await isAsked.Task;
        Assert.That(await service.StopAsync(), Is.Zero);
        Assert.That(await login, Does.Contain("token"));
    }

    // Fast enough for the server not to give it up.
    private static async Task DripAsync(Connection connection)
    {
        for (var i = 0; i < 30; i++)
        {
            await connection.SendAsync(new string(' ', 200));
            await Task.Delay(500);
        }
    }
}
