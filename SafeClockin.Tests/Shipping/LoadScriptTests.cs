using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SafeClockin.Tests.Servers;

namespace SafeClockin.Tests.Shipping;

/// <summary>What wrk asks and tells by the scripts of the measurements.</summary>
public sealed class LoadScriptTests
{
    private const string Wrk = "/usr/bin/wrk";

    private readonly ConcurrentQueue<(string Request, string Token)> _requests = [];
    private WebApplication _server;
    private int _status;

    [SetUp]
    public void Serve()
    {
        if (!File.Exists(Wrk))
            Requirement.Missing("wrk is not installed");
        _requests.Clear();
        _status = 200;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _server = builder.Build();
        _server.MapFallback(async context =>
        {
            using var body = new StreamReader(context.Request.Body);
            var request = $"{context.Request.Method} {context.Request.Path} {context.Request.ContentType} {await body.ReadToEndAsync()}";
            _requests.Enqueue((request.Trim(), context.Request.Headers.Authorization.ToString()));
            await Task.Delay(_requests.Count % 25 == 15 ? 300 : _requests.Count % 3 == 0 ? 100 : 5);
            context.Response.StatusCode = _status;
        });
        _server.Start();
    }

    [TearDown]
    public async Task StopAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
    }

    [TestCase("inc", """POST /api/count application/json {"action":"inc"}""")]
    [TestCase("none", """POST /api/count application/json {"action":"none"}""")]
    [TestCase("get", "GET /api/count")]
    public async Task The_counter_is_asked_for_the_action_that_is_measured(string action, string request)
    {
        await LoadAsync("action", "/api/count", action);

        Assert.That(_requests.Select(asked => asked.Request).Distinct(), Is.EqualTo(new[] { request }));
    }

    [TestCase("user", "GET /api/user")]
    [TestCase("clockin", "POST /api/clockin")]
    [TestCase("state", "GET /api/clockin")]
    [TestCase("month", "GET /api/clockin/days")]
    [TestCase("wards", "GET /api/wards")]
    public async Task One_user_after_the_other_asks_for_what_is_measured_from_the_one_whose_turn_it_is(string what, string request)
    {
        var users = Enumerable.Range(0, 7).Select(user => $"token-{user}").ToArray();
        var file = Path.Combine(Workspace.NewFolder(), "tokens");
        await File.WriteAllLinesAsync(file, users);

        await LoadAsync("clockin", "/", what, file, "3");

        Assert.That(_requests.Select(asked => asked.Request).Distinct(), Is.EqualTo(new[] { request }));
        Assert.That(
            _requests.Select(asked => asked.Token),
            Is.EqualTo(Enumerable.Range(5, _requests.Count).Select(turn => $"Bearer {users[turn % 7]}"))); // wrk makes one up before
    }

    [TestCase(200)]
    [TestCase(503)]
    public async Task Requests_a_second_milliseconds_and_errors_are_told(int status)
    {
        _status = status;

        var figures = await LoadAsync("action", "/api/count", "inc");

        Assert.That(figures, Has.Length.EqualTo(5));
        var (rate, p50, p99, requests, errors) = (figures[0], figures[1], figures[2], figures[3], figures[4]);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(requests, Is.InRange(_requests.Count - 1, _requests.Count), "one was under way at the end");
            Assert.That(rate, Is.InRange(requests / 6, requests / 2), "of two seconds and the end");
            Assert.That(p50, Is.LessThan(100), "a third take longer");
            Assert.That(p99, Is.InRange(300, 5_000), "4 of 100 take so long");
            Assert.That(errors, Is.EqualTo(status == 200 ? 0 : requests));
        }
    }

    /// <summary>Has one connection ask for two seconds.</summary>
    private async Task<double[]> LoadAsync(string script, string path, params string[] arguments)
    {
        string[] all = ["-t1", "-c1", "-d2s", "--latency", "-s", $"bench/{script}.lua", _server.Urls.Single() + path, "--", .. arguments];
        var start = new ProcessStartInfo(Wrk, all) { WorkingDirectory = Workspace.Repository, RedirectStandardOutput = true };
        using var load = Process.Start(start)!;
        var output = await load.StandardOutput.ReadToEndAsync();
        await load.WaitForExitAsync();
        var figures = output.Split('\n').Single(line => line.StartsWith("FIGURES ", StringComparison.Ordinal));
        return [.. figures.Split(' ')[1..].Select(double.Parse)];
    }
}
