using System.Diagnostics;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging;
using Moq;
using SafeClockin.Api.Hosting;
using SafeClockin.Domain;
using SafeClockin.Tests.Servers;
using Serilog.Events;
using Serilog.Parsing;
using Serilog.Sinks.Async;

namespace SafeClockin.Tests.Api;

/// <summary>What is logged stays one printable line, and nobody waits for who reads it.</summary>
public sealed class LogTests
{
    // A line end, an escape sequence of a terminal in two spellings, and what turns text around.
    private const string Hostile = "a\r\nb\u001b[31mc\u009b31md\u2028e\u202ef\u2029g\u007f\0";

    [TestCase("exec \"$@\"", 12_000, Description = "a pipe that nobody reads, and more than the queue holds")]
    [TestCase("exec \"$@\" >&-", 1_000, Description = "closed")]
    [TestCase("exec \"$@\" >/dev/full", 1_000, Description = "a full disk")]
    [Platform("Linux")]
    public async Task A_stdout_that_takes_nothing_holds_up_neither_requests_nor_the_end_and_costs_no_memory(string shell, int requests)
    {
        var (service, client) = await ServiceProcess.StartByShellAsync(shell, Service.EmbeddedStore(), reads: false);
        using var _ = service;
        using var __ = client;
        await AskAsync(client, 2_000); // past what the pipe holds
        var memory = service.ResidentMegabytes();

        var began = Stopwatch.GetTimestamp();
        await AskAsync(client, requests);
        Assert.That(Stopwatch.GetElapsedTime(began).TotalSeconds, Is.LessThan(60));
        Assert.That(service.ResidentMegabytes() - memory, Is.LessThan(100));

        began = Stopwatch.GetTimestamp();
        Assert.That(await service.StopAsync(), Is.Zero);
        Assert.That(Stopwatch.GetElapsedTime(began).TotalSeconds, Is.LessThan(8));
    }

    [Test, Platform("Linux")]
    public async Task What_a_slow_reader_missed_is_counted_in_the_log()
    {
        var (service, client) = await ServiceProcess.StartByShellAsync("exec \"$@\"", Service.EmbeddedStore(), reads: false);
        using var _ = service;
        using var __ = client;
        await AskAsync(client, 12_000);

        service.BeginToRead();
        Assert.That(() => service.Output, Does.Contain("lines are missing here").After(30_000, 50));

        await Task.Delay(1_100); // after which lines that were reported would be reported again
        using var later = await client.GetAsync("/api/later");
        Assert.That(() => service.Output, Does.Contain("/api/later").After(30_000, 50));
        var lines = service.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var missing = lines.Where(line => line.Contains("lines are missing here"))
            .Sum(line => JsonDocument.Parse(line).RootElement.GetProperty("Count").GetInt64());
        Assert.That(lines.Count(line => line.Contains("\"/api/nothing")) + missing, Is.EqualTo(12_000));
        Assert.That(missing, Is.LessThan(2_500), "ten thousand are kept");
        Assert.That(lines.Where(line => line.Contains("lines are missing here")), Is.All.Contain("\"@l\":\"Warning\""));
    }

    [Test]
    public void Each_report_of_missing_lines_counts_those_since_the_last_one()
    {
        var queue = new Mock<IAsyncLogEventSinkInspector>();
        var dropped = new DroppedLines();
        dropped.StartMonitoring(queue.Object);
        foreach (var (altogether, since) in new[] { (3, 3), (5, 2), (9, 4) })
        {
            queue.Setup(q => q.DroppedMessagesCount).Returns(altogether);
            Assert.That(() => dropped.Take(), Is.EqualTo(since).After(10_000, 50));
            Assert.That(dropped.Take(), Is.Zero);
        }
    }

    [Test]
    public async Task A_line_is_written_as_soon_as_its_request_is_answered()
    {
        var (service, client) = await ServiceProcess.StartAsync(Service.EmbeddedStore());
        using var _ = service;
        using var __ = client;

        for (var i = 0; i < 3; i++)
        {
            using var response = await client.GetAsync($"/api/nothing{i}");
            Assert.That(() => service.Output, Does.Contain($"/api/nothing{i}").After(4_000, 5));
        }
    }

    [TestCase("debug", true)]
    [TestCase("error", false)]
    public void Libraries_warn_unless_errors_alone_are_asked_for_and_say_no_more_at_any_level(string level, bool warn)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Configuration["LOG_LEVEL"] = level;
        builder.AddLogging();
        using var services = builder.Services.BuildServiceProvider();
        var log = services.GetRequiredService<ILoggerFactory>().CreateLogger("Microsoft.AspNetCore.Server.Kestrel");

        Assert.That((log.IsEnabled(LogLevel.Warning), log.IsEnabled(LogLevel.Information)), Is.EqualTo((warn, false)));
    }

    [TestCase(true)]
    [TestCase(false)]
    public void A_text_from_outside_cannot_make_a_line_or_a_control_sequence(bool isDevelopment)
    {
        var environment = new HostingEnvironment { EnvironmentName = isDevelopment ? "Development" : "Production" };
        var formatter = Logging.FormatterFor(environment, new DroppedLines());
        var template = new MessageTemplateParser().Parse("It is {Text}");
        var logEvent = new LogEvent(
            new DateTimeOffset(2026, 11, 24, 8, 5, 59, default), LogEventLevel.Error, new InvalidOperationException(Hostile), template,
            [new("Text", new ScalarValue(Hostile))], ActivityTraceId.CreateFromString("0af7651916cd43dd8448eb211c80319c"), default);
        using var output = new StringWriter();

        formatter.Format(logEvent, output);

        var lines = output.ToString().TrimEnd('\n').Split('\n');
        Assert.That(lines.SelectMany(line => line), Has.None.Matches<char>(c => char.IsControl(c) || c is '\u2028' or '\u2029' or '\u202e'));
        if (isDevelopment)
        {
            Assert.That(lines[0], Is.EqualTo(
                @"[08:05:59 ERR] It is a\u000d\u000ab\u001b[31mc\u009b31md\u2028e\u202ef\u2029g\u007f\u0000 0af7651916cd43dd8448eb211c80319c"));
            Assert.That(lines[1..], Is.Not.Empty.And.All.StartsWith("    "), "what was thrown");
        }
        else
        {
            Assert.That(lines, Has.Length.EqualTo(1));
            Assert.That(JsonDocument.Parse(lines[0]).RootElement.GetProperty("Text").GetString(), Is.EqualTo(Hostile));
        }
    }

    // Failures: FailureTests.
    [TestCase("/api/count", LogEventLevel.Information)]
    [TestCase("/api/nothing", LogEventLevel.Information)]
    [TestCase("/api/user", LogEventLevel.Information)]
    [TestCase("/health", LogEventLevel.Debug)]
    [TestCase("/health/ready", LogEventLevel.Debug)]
    public async Task A_request_is_one_line_and_that_of_a_probe_is_not_seen_unless_asked_for(string path, LogEventLevel level)
    {
        using var service = Service.StartEmbedded();
        using var client = service.CreateClient();

        using var response = await client.GetAsync(path);
        await service.DisposeAsync();

        var line = LineOfTheRequest(service);
        Assert.That(line.Level, Is.EqualTo(level));
        Assert.That(line.RenderMessage(), Does.StartWith($"HTTP \"GET\" \"{path}\" responded {(int)response.StatusCode} in "));
        Assert.That(line.Properties.Keys, Is.EquivalentTo(new[] { "RequestMethod", "RequestPath", "StatusCode", "Elapsed", "SourceContext" }), "not who asked");
    }

    [TestCase("/api/count")]
    [TestCase("/health/ready")]
    public async Task A_request_that_the_database_fails_is_logged_as_an_error_whoever_asked(string path)
    {
        using var service = Service.StartOn(counters => counters
            .Setup(c => c.QueryCounterByIdAsync(1)).ThrowsAsync(FailureException.StoreUnavailable(new TimeoutException())));
        using var client = service.CreateClient();

        using var response = await client.GetAsync(path);
        await service.DisposeAsync();

        Assert.That(LineOfTheRequest(service).Level, Is.EqualTo(LogEventLevel.Error));
    }

    [Test]
    public async Task A_request_s_time_is_told_in_milliseconds()
    {
        using var service = Service.StartOn(counters => counters.Setup(c => c.QueryCounterByIdAsync(1)).Returns(async () =>
        {
            await Task.Delay(50);
            return 1;
        }));
        using var client = service.CreateClient();

        await client.GetCountAsync();
        await service.DisposeAsync();

        Assert.That(double.Parse(LineOfTheRequest(service).Properties["Elapsed"].ToString()), Is.InRange(40, 40_000));
    }

    [TestCase(7_000, 1, "x…\" responded 404")]
    [TestCase(1, 7_000, "M…\" \"/x\" responded 404")]
    public async Task A_long_path_or_method_is_cut_in_the_log(int path, int method, string end)
    {
        using var service = Service.StartEmbedded();
        using var client = service.CreateClient();

        using var request = new HttpRequestMessage(new(new string('M', method)), "/" + new string('x', path));
        using var response = await client.SendAsync(request);
        await service.DisposeAsync();

        var line = LineOfTheRequest(service);
        Assert.That(line.RenderMessage(), Does.Contain(end).And.Length.LessThan(400));
        Assert.That(line.Properties.Values.Select(value => value.ToString()), Has.All.Length.LessThan(400));
    }

    [TestCase("Production")]
    [TestCase("Development")]
    public async Task What_a_client_or_WeChat_sends_cannot_make_a_line_of_the_log(string environment)
    {
        using var weChat = new WeChatStub();
        var settings = weChat.Settings();
        settings["ASPNETCORE_ENVIRONMENT"] = environment;
        var (service, client) = await ServiceProcess.StartAsync(settings);
        using var _ = service;
        using var __ = client;
        var forged = "[00:00:00 INF] forged";

        using var path = await client.GetAsync("/x%0D%0A" + Uri.EscapeDataString(forged) + "%1B%5B31m%C2%9B31m");
        var code = weChat.CodeAnswered(WeChatStub.Raw($"HTTP/1.1 500 \u001b[31m\r\nX: y\r\n\r\n{forged}"));
        using var login = await client.GetAsync($"/api/login?code={code}");
        Assert.That(await service.StopAsync(), Is.Zero);

        var lines = service.Output.Split('\n');
        Assert.That(lines, Has.None.StartsWith("[00:00:00"));
        Assert.That(service.Output, Does.Contain("forged"));
        Assert.That(lines.SelectMany(line => line), Has.None.Matches<char>(char.IsControl));
    }

    private static LogEvent LineOfTheRequest(Service service)
        => service.Log.Single(line => line.MessageTemplate.Text.StartsWith("HTTP ", StringComparison.Ordinal));

    // Paths as long as the server takes them, which are the largest part of a line.
    private static Task AskAsync(HttpClient client, int requests)
        => Parallel.ForAsync(0, requests, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (_, stop) =>
        {
            using var response = await client.GetAsync("/api/nothing" + new string('x', 7_000), stop);
            Assert.That((int)response.StatusCode, Is.EqualTo(404));
        });
}
