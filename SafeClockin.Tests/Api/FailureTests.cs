using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Moq;
using SafeClockin.Domain;
using SafeClockin.Domain.Counters;
using SafeClockin.Tests.Servers;
using Serilog.Events;

namespace SafeClockin.Tests.Api;

/// <summary>What a client and the log are told when the service cannot do as asked.</summary>
public sealed class FailureTests
{
    private const string Unavailable = """{"code":-1,"errorMsg":"数据库暂时不可用，请稍后重试"}""";

    [Test]
    public async Task A_fault_of_ours_is_logged_once_with_a_trace_id_and_tells_the_client_nothing()
    {
        using var service = StartWith(new InvalidOperationException("an inner detail"));
        using var client = service.CreateClient();

        using var response = await client.GetAsync("/api/count?code=a-canary");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(service.Log.Select(line => line.RenderMessage()), Has.None.Contains("a-canary"), "a code of a login may stand there");
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.InternalServerError));
            Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("""{"code":-1,"errorMsg":"服务器内部错误"}"""));
            var logged = service.Log.Where(line => line.Exception is not null).ToList();
            Assert.That(logged, Has.Count.EqualTo(1));
            Assert.That(logged[0].Level, Is.EqualTo(LogEventLevel.Error));
            Assert.That(logged[0].Exception!.Message, Is.EqualTo("an inner detail"));
            Assert.That(logged[0].TraceId, Is.Not.Null);
        }
    }

    private static readonly TestCaseData[] Failures =
    [
        new(FailureException.StoreUnavailable(new TimeoutException("a detail")), 503, "Error: \"The store is unavailable: a detail\"", true),
        new(FailureException.WeChatUnavailable("a detail"), 502, "Error: \"WeChat is unavailable: a detail\"", false),
        new(FailureException.WeChatTimeout(TimeSpan.FromSeconds(5)), 504, "Error: \"WeChat did not answer within 5 s\"", false),
        new(FailureException.Misconfigured("a detail"), 500, "Error: \"a detail\"", false),
        new(FailureException.LoginNotConfigured("a detail"), 503, "Error: \"Login is not configured: a detail\"", false),
        new(FailureException.Refused("不行", new TimeoutException("a detail")), 200, "Warning: Refused with \"不行\": \"a detail\"", false),
        new(FailureException.Refused("不行"), 200, null, false),
    ];

    [TestCaseSource(nameof(Failures))]
    public async Task A_failure_from_outside_is_one_line_of_the_log_without_a_stack_and_as_loud_as_its_status(
        FailureException failure, int status, string? line, bool passesSoon)
    {
        using var service = StartWith(failure);
        using var client = service.CreateClient();

        using var response = await client.GetAsync("/api/count");
        await service.DisposeAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That((int)response.StatusCode, Is.EqualTo(status));
            Assert.That(response.Headers.RetryAfter, passesSoon ? Is.Not.Null : Is.Null);
            var logged = service.Log.Where(logEvent => logEvent.TraceId is not null && logEvent.Level >= LogEventLevel.Warning).ToList();
            Assert.That(logged.Select(logEvent => logEvent.Exception), Has.All.Null);
            var request = $"Error: HTTP \"GET\" \"/api/count\" responded {status}";
            Assert.That(
                logged.Select(logEvent => $"{logEvent.Level}: {logEvent.RenderMessage()}".Split(" in ")[0]),
                Is.EqualTo(new[] { line, status >= 500 ? request : null }.OfType<string>()));
        }
    }

    [Test]
    public async Task An_unavailable_store_is_answered_by_503_and_when_to_come_back()
    {
        using var service = StartWith(FailureException.StoreUnavailable(new TimeoutException("an inner detail")));
        using var client = service.CreateClient();

        foreach (var answer in new[]
        {
            await client.GetAsync("/api/count"),
            await client.PostAsync("/api/count", Envelopes.Json("""{"action":"inc"}""")),
            await client.PostAsync("/api/count", Envelopes.Json("""{"action":"clear"}""")),
            await client.GetAsync("/health/ready"),
        })
        {
            using (answer)
            using (Assert.EnterMultipleScope())
            {
                Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
                Assert.That(await answer.Content.ReadAsStringAsync(), Is.EqualTo(Unavailable));
                Assert.That(answer.Headers.RetryAfter?.Delta, Is.EqualTo(TimeSpan.FromSeconds(3)));
            }
        }
    }

    [Test]
    public async Task A_change_that_the_store_refuses_is_never_answered_as_done()
    {
        using var weChat = new WeChatStub();
        var settings = weChat.AlertSettings();
        using var service = Service.Start(settings);
        using var client = service.CreateClient();
        var (ward, guardian) = (new User(client, "a-ward"), new User(client, "a-guardian"));
        var (id, invitation) = await ward.InviteAsync();
        await guardian.AcceptAsync(invitation);
        await guardian.DataAsync("POST", "/api/clockin");
        await client.PostActionAsync("inc");
        var (_, open) = await ward.InviteAsync();
        await using (var file = Sqlite.Connect(settings["SQLITE_FILE"]))
        {
            foreach (var table in new[] { "Counters", "ClockIns", "Guardians" })
            {
                foreach (var change in new[] { "INSERT", "UPDATE", "DELETE" })
                    file.Execute($"CREATE TRIGGER No{change}In{table} BEFORE {change} ON {table} BEGIN SELECT RAISE(ABORT, 'refused'); END");
            }
        }

        foreach (var (user, request, body) in new[]
        {
            (ward, "POST /api/count", """{"action":"inc"}"""),
            (ward, "POST /api/count", """{"action":"clear"}"""),
            (ward, "POST /api/clockin", null),
            (ward, "POST /api/guardians", """{"name":"妈妈"}"""),
            (ward, $"DELETE /api/guardians/{id}", null),
            (guardian, "POST /api/wards", JsonSerializer.Serialize(new { invitation = open, name = "小明" })),
            (guardian, $"POST /api/wards/{id}/alert", null),
            (guardian, $"DELETE /api/wards/{id}", null),
            (guardian, "DELETE /api/user", null),
        })
        {
            var parts = request.Split(' ');
            Assert.That(await user.AskAsync(parts[0], parts[1], body), Is.EqualTo($"503 {Unavailable}"), $"{request} {body}");
        }
    }

    [Test]
    public async Task Health_is_answered_while_the_database_is_down_or_hangs()
    {
        using var weChat = new WeChatStub();
        using var service = Service.Start(weChat.Settings(), services => services.AddSingleton(
            Mock.Of<ICounterRepository>(c =>
                c.QueryCounterByIdAsync(1) == new TaskCompletionSource<long?>().Task)));
        using var client = service.CreateClient();

        var asked = Stopwatch.StartNew();
        Assert.That(await client.GetStringAsync("/health"), Does.EndWith(""","database":"down","login":"set"}}"""));
        Assert.That(asked.Elapsed, Is.LessThan(TimeSpan.FromSeconds(2.8)), "or a container that serves would be ended");
        using var ready = await client.GetAsync("/health/ready");
        Assert.That(asked.Elapsed, Is.LessThan(TimeSpan.FromSeconds(10)), "sooner than a platform gives a probe up");
        Assert.That(ready.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
    }

    [Test]
    public async Task The_ceiling_is_told_to_the_user_and_the_count_stays()
    {
        var settings = MySqlServer.NewDatabase();
        using (var connection = MySqlServer.Connect())
        {
            using var make = new MySqlConnector.MySqlCommand(
                $"""
                CREATE DATABASE {settings["MYSQL_DATABASE"]}; USE {settings["MYSQL_DATABASE"]};
                CREATE TABLE Counters (
                    id INTEGER NOT NULL AUTO_INCREMENT, count INTEGER, createdAt TIMESTAMP NULL,
                    updatedAt TIMESTAMP NULL, PRIMARY KEY (id));
                INSERT INTO Counters (id, count) VALUES (1, 2147483647)
                """,
                connection);
            make.ExecuteNonQuery();
        }

        using var service = Service.Start(settings);
        using var client = service.CreateClient();

        using var response = await client.PostAsync("/api/count", Envelopes.Json("""{"action":"inc"}"""));

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(
            await response.Content.ReadAsStringAsync(),
            Is.EqualTo("""{"code":-1,"errorMsg":"计数已达上限，请先清零"}"""));
        Assert.That(await client.GetCountAsync(), Is.EqualTo(2147483647));
    }

    [Test]
    public async Task The_service_listens_before_its_database_is_there_and_finds_it_later()
    {
        var port = MariaDb.FreePort();
        using var service = Service.Start(new Dictionary<string, string>
        {
            ["MYSQL_ADDRESS"] = $"127.0.0.1:{port}",
            ["MYSQL_PASSWORD"] = "",
        });
        using var client = service.CreateClient();

        var asked = Stopwatch.StartNew();
        using (var response = await client.GetAsync("/api/count"))
            Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo(Unavailable));
        Assert.That(asked.Elapsed, Is.LessThan(TimeSpan.FromSeconds(10)));
        Assert.That(await client.GetStringAsync("/health"), Does.Contain("\"database\":\"down\""));
        Assert.That(await client.GetStringAsync("/"), Does.Contain("</html>"));

        using var database = MariaDb.Start(port);
        Assert.That(await client.PostActionAsync("inc"), Is.EqualTo(1));
        Assert.That(await client.GetStringAsync("/health"), Does.Contain("\"database\":\"up\""));
    }

    private static Service StartWith(Exception failure)
        => Service.StartOn(counters =>
        {
            counters.Setup(c => c.QueryCounterByIdAsync(1)).ThrowsAsync(failure);
            counters.Setup(c => c.IncreaseCounterByIdAsync(1, It.IsAny<long>())).ThrowsAsync(failure);
            counters.Setup(c => c.ClearCounterByIdAsync(1)).ThrowsAsync(failure);
        });
}
