using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using SafeClockin.Tests.Servers;

namespace SafeClockin.Tests.Api;

/// <summary>The clock-in over HTTP: what a mini-program sees, and what parallel ones see.</summary>
public sealed class ClockInTests
{
    private static readonly DateTimeOffset Morning = DateTimeOffset.Parse("2026-11-24T08:00:00+08:00");

    private readonly List<IDisposable> _started = [];
    private readonly SettableTime _time = new();

    [SetUp]
    public void Begin() => _time.Set(Morning);

    [TearDown]
    public void StopAll()
    {
        _started.Reverse();
        _started.ForEach(started => started.Dispose());
        _started.Clear();
    }

    [TestCase("sqlite")]
    [TestCase("mysql")]
    public async Task A_life_of_clock_ins_looks_so_on_the_wire(string store)
    {
        var client = Client(Start(Settings(store)), "oUser-1");

        await ExpectAsync(client, HttpMethod.Get, "/api/clockin", """{"code":0,"data":{"day":"2026-11-24","clockedInAt":null,"streak":0,"missedDays":0}}""");
        await ExpectAsync(client, HttpMethod.Get, "/api/clockin/days", """{"code":0,"data":[]}""");
        _time.Set(Morning.AddSeconds(5));
        var first = """{"code":0,"data":{"day":"2026-11-24","clockedInAt":1795478405,"streak":1,"missedDays":0}}""";
        await ExpectAsync(client, HttpMethod.Post, "/api/clockin", first);
        _time.Set(Morning.AddHours(9));
        await ExpectAsync(client, HttpMethod.Post, "/api/clockin", first, body: "{}");
        await ExpectAsync(client, HttpMethod.Get, "/api/clockin", first, body: "");
        _time.Set(DateTimeOffset.Parse("2026-11-24T23:59:59.99+08:00"));
        await ExpectAsync(client, HttpMethod.Post, "/api/clockin", first);
        _time.Set(DateTimeOffset.Parse("2026-11-25T00:00:00+08:00"));
        await ExpectAsync(client, HttpMethod.Get, "/api/clockin", """{"code":0,"data":{"day":"2026-11-25","clockedInAt":null,"streak":1,"missedDays":0}}""");
        await ExpectAsync(client, HttpMethod.Post, "/api/clockin", """{"code":0,"data":{"day":"2026-11-25","clockedInAt":1795536000,"streak":2,"missedDays":0}}""");
        _time.Set(DateTimeOffset.Parse("2026-12-01T12:00:00+08:00"));
        await ExpectAsync(client, HttpMethod.Get, "/api/clockin", """{"code":0,"data":{"day":"2026-12-01","clockedInAt":null,"streak":0,"missedDays":5}}""");
        await ExpectAsync(client, HttpMethod.Get, "/api/clockin/days", """{"code":0,"data":[]}""");
        await ExpectAsync(
            client,
            HttpMethod.Get,
            "/api/clockin/days?month=2026-11",
            """{"code":0,"data":[{"day":"2026-11-24","clockedInAt":1795478405},{"day":"2026-11-25","clockedInAt":1795536000}]}""");
        await ExpectAsync(client, HttpMethod.Get, "/api/clockin/days?month=2026-13", """{"code":-1,"errorMsg":"月份参数错误"}""");
        await ExpectAsync(client, HttpMethod.Delete, "/api/user", """{"code":0,"data":null}""", body: "");
        await ExpectAsync(client, HttpMethod.Delete, "/api/user", """{"code":0,"data":null}""");
        await ExpectAsync(client, HttpMethod.Get, "/api/clockin", """{"code":0,"data":{"day":"2026-12-01","clockedInAt":null,"streak":0,"missedDays":0}}""");
    }

    [TestCase("GET", "/api/clockin")]
    [TestCase("POST", "/api/clockin")]
    [TestCase("GET", "/api/clockin/days")]
    [TestCase("DELETE", "/api/user")]
    public async Task Nobody_but_a_signed_in_user_is_answered(string method, string path)
    {
        var service = Start(Settings("sqlite"));
        using var client = service.CreateClient();
        using var response = await client.SendAsync(new(new(method), path));

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("""{"code":-1,"errorMsg":"缺少token"}"""));
        await ExpectAsync(
            Client(service, new string('x', 65)), new(method), path, """{"code":-1,"errorMsg":"用户标识无效"}""");
    }

    [Test]
    public async Task Users_whose_openids_look_alike_are_different_people()
    {
        var service = Start(Settings("mysql"));
        string[] alike = ["oUser", "OUSER", "oUser ", "oUsér"];
        foreach (var (openId, second) in alike.Select((openId, i) => (openId, i)))
        {
            _time.Set(Morning.AddSeconds(second));
            await ClockInAsync(Client(service, openId));
        }

        var states = await Task.WhenAll(alike.Select(openId => StateAsync(Client(service, openId))));
        Assert.That(states.Select(state => state!.ClockedInAt - 1795478400), Is.EqualTo(new[] { 0, 1, 2, 3 }));
    }

    [TestCase("sqlite", 1)]
    [TestCase("mysql", 2)]
    public async Task Parallel_taps_over_replicas_leave_one_clock_in_a_user_and_day_that_all_agree_on(string store, int replicas)
    {
        const int Users = 50, Days = 5;
        var settings = Settings(store);
        var services = Enumerable.Range(0, replicas).Select(_ => Start(settings)).ToList();
        var random = new Random(20261124);
        var streaks = new int[Users];
        for (var day = 0; day < Days; day++)
        {
            _time.Set(Morning.AddDays(day));
            var coming = Enumerable.Range(0, Users).Where(_ => day == 0 || random.Next(4) > 0).ToHashSet();
            var answers = new ConcurrentBag<(int User, State State)>();
            // Begun on this thread, one after another: a service keeps its clients in a list, which is not made for threads.
            await Task.WhenAll(coming.SelectMany(user => Enumerable.Range(0, 4).Select(async tap =>
                answers.Add((user, await ClockInAsync(Client(services[(user + tap) % replicas], $"user-{user}")))))));

            for (var user = 0; user < Users; user++)
            {
                streaks[user] = coming.Contains(user) ? streaks[user] + 1 : 0;
                var seen = answers.Where(answer => answer.User == user).Select(answer => answer.State).ToList();
                Assert.That(seen, Has.Count.EqualTo(coming.Contains(user) ? 4 : 0));
                Assert.That(seen.Distinct().Count(), Is.LessThanOrEqualTo(1), $"user {user} on day {day}");
                Assert.That(seen, Has.All.Matches<State>(state => state!.Streak == streaks[user] && state.MissedDays == 0));
            }
        }
    }

    [Test]
    public async Task Erasing_while_taps_are_under_way_leaves_a_whole_clock_in_or_none()
    {
        var service = Start(Settings("mysql"));
        var client = Client(service, "oUser-1");
        var taps = Enumerable.Range(0, 40).Select(_ => Task.Run(() => ClockInAsync(client)));
        var erasures = Enumerable.Range(0, 10).Select(_ => Task.Run(() => client.DeleteAsync("/api/user")));
        var states = Task.WhenAll(taps);
        foreach (var erased in await Task.WhenAll(erasures))
            Assert.That(erased.StatusCode, Is.EqualTo(HttpStatusCode.OK));

        Assert.That((await states).Select(state => state.Streak), Has.All.EqualTo(1));
        await ExpectAsync(client, HttpMethod.Delete, "/api/user", """{"code":0,"data":null}""");
        Assert.That((await StateAsync(client)).ClockedInAt, Is.Null);
    }

    [Test]
    public async Task A_tap_whose_answer_the_database_lost_is_kept_once_and_answered()
    {
        var database = Keep(MariaDb.Start());
        var proxy = Keep(new FaultyProxy(database.Port));
        var service = Start(new() { ["TOKEN_SECRET"] = WeChatStub.TokenSecret, ["MYSQL_ADDRESS"] = $"127.0.0.1:{proxy.Port}", ["MYSQL_PASSWORD"] = "" });
        var client = Client(service, "oUser-1");
        await StateAsync(client);

        for (var day = 0; day < 5; day++)
        {
            _time.Set(Morning.AddDays(day));
            proxy.Forward((_, _) =>
            {
                proxy.Forward(FaultyProxy.Untouched);
                throw new IOException("lost");
            });
            Assert.That((await ClockInAsync(client)).Streak, Is.EqualTo(day + 1));
        }

        using var administrator = database.Connect();
        using var count = new MySqlConnector.MySqlCommand("SELECT COUNT(*) FROM flask_demo.ClockIns", administrator);
        Assert.That(count.ExecuteScalar(), Is.EqualTo(5));
    }

    private static async Task ExpectAsync(HttpClient client, HttpMethod method, string path, string answer, string? body = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
            request.Content = Envelopes.Json(body);
        using var response = await client.SendAsync(request);
        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo(answer), $"{method} {path}");
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(response.Headers.CacheControl?.NoStore, Is.True);
    }

    private static async Task<State> StateAsync(HttpClient client) => await ReadAsync(await client.GetAsync("/api/clockin"));

    private static async Task<State> ClockInAsync(HttpClient client) => await ReadAsync(await client.PostAsync("/api/clockin", null));

    private static async Task<State> ReadAsync(HttpResponseMessage response)
    {
        using var answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        if (!answer.RootElement.TryGetProperty("data", out var data))
            throw new InvalidOperationException($"{(int)response.StatusCode} {answer.RootElement}");
        return data.Deserialize<State>(JsonSerializerOptions.Web)!;
    }

    private static Dictionary<string, string> Settings(string store)
    {
        var settings = Service.EmbeddedStore();
        if (store == "mysql")
            settings = new(MySqlServer.NewDatabase()) { ["STORE"] = "mysql" };
        settings["TOKEN_SECRET"] = WeChatStub.TokenSecret;
        return settings;
    }

    private Service Start(Dictionary<string, string> settings)
        => Keep(Service.Start(settings, services => services.AddSingleton<TimeProvider>(_time)));

    private HttpClient Client(Service service, string openId)
    {
        var client = Keep(service.CreateClient());
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Tokens.Of(openId));
        return client;
    }

    private T Keep<T>(T started)
        where T : IDisposable
    {
        _started.Add(started);
        return started;
    }

    private sealed record State(DateOnly Day, long? ClockedInAt, int Streak, int MissedDays);
}
