using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using SafeClockin.Domain.Alerts;
using SafeClockin.Domain.ClockIns;
using SafeClockin.Domain.Guardians;
using SafeClockin.Tests.Servers;
using Serilog.Events;
using Serilog.Formatting.Compact;

namespace SafeClockin.Tests.Api;

/// <summary>Alerts from the tap to the message, with a stub in WeChat's place. Every test has days of its own.</summary>
[TestFixture("sqlite", 1)]
[TestFixture("mysql", 2)]
public sealed class AlertTests(string store, int replicas)
{
    private const string Secret = "sweep-secret-canary-of-32-bytes-or-more";

    private static readonly DateTimeOffset Start = DateTimeOffset.Parse("2026-11-24T09:00:00+08:00");

    private readonly SettableTime _time = new();
    private Dictionary<string, string> _settings;
    private WeChatStub _weChat;
    private List<Service> _services;
    private List<HttpClient> _clients;
    private DateTimeOffset _morning;
    private int _tests;
    private int _users;

    private DateOnly Today => ChinaDay.Of(_morning);

    [OneTimeSetUp]
    public void StartServices()
    {
        _weChat = new();
        _settings = _weChat.Settings();
        if (store == "mysql")
        {
            foreach (var (name, value) in MySqlServer.NewDatabase())
                _settings[name] = value;
            _settings["STORE"] = "mysql";
        }

        _settings["WX_ALERT_TEMPLATE_ID"] = "template-1";
        _settings["WX_ALERT_DATA"] = """{"thing1":"{ward}","date2":"{day}","number3":"{missedDays}","thing4":"请联系\t{ward}"}""";
        _settings["ALERT_SWEEP_SECRET"] = Secret;
        _services = [.. Enumerable.Range(0, replicas).Select(_ => Service.Start(_settings, services => services.AddSingleton<TimeProvider>(_time)))];
        _clients = _services.ConvertAll(service => service.CreateClient());
    }

    [OneTimeTearDown]
    public void StopServices()
    {
        _clients?.ForEach(client => client.Dispose());
        _services?.ForEach(service => service.Dispose());
        _weChat?.Dispose();
    }

    [SetUp]
    public async Task BeginAsync()
    {
        _weChat.Reset();
        _morning = Start.AddDays(100 * ++_tests);
        _time.Set(_morning);
        while ((await Alerts().SweepAsync(CancellationToken.None)).Left > 0)
        {
            // What the test before has left.
        }

        _weChat.Reset();
    }

    [TearDown]
    public void Nothing_secret_is_logged_at_any_level()
    {
        var formatter = new CompactJsonFormatter();
        using var log = new StringWriter();
        foreach (var line in _services.SelectMany(service => service.Log))
            formatter.Format(line, log);

        foreach (var canary in new[] { WeChatStub.TokenCanary, Secret, WeChatStub.Secret, "openid-canary" })
            Assert.That(log.ToString(), Does.Not.Contain(canary));
    }

    [Test]
    public async Task A_guardian_who_asked_gets_one_message_once_the_ward_has_missed_a_day()
    {
        var (ward, guardian) = (NewUser(), NewUser());
        const string Name = "妈妈👩‍👧+1&'我\"\\"; // each sign as it is, but what JSON reserves
        var (id, invitation) = await ward.InviteAsync(Name);
        await guardian.AcceptAsync(invitation);
        await ward.DataAsync("POST", "/api/clockin");

        var (other, toOther) = await NewUser().InviteAsync("爸爸");
        await guardian.AcceptAsync(toOther);
        Assert.That((await guardian.DataAsync("POST", $"/api/wards/{other}/alert")).GetProperty("name").GetString(), Is.EqualTo("爸爸"));
        var armed = await guardian.DataAsync("POST", $"/api/wards/{id}/alert");
        await guardian.DataAsync("DELETE", $"/api/wards/{other}");
        Assert.That(armed.GetProperty("alert").GetBoolean(), Is.True);
        Assert.That(armed.GetRawText(), Is.EqualTo((await guardian.DataAsync("GET", "/api/wards"))[0].GetRawText()));
        foreach (var moment in new[] { _morning, _morning.AddDays(1), _morning.AddDays(2).AddMinutes(-1) })
        {
            _time.Set(moment);
            Assert.That(await SweepAsync(), Is.EqualTo((0, 0, 0)), $"{moment}");
        }

        _time.Set(_morning.AddDays(2));
        Assert.That(await SweepAsync(), Is.EqualTo((1, 0, 0)));
        Assert.That(await SweepAsync(), Is.EqualTo((0, 0, 0)));

        var (accessToken, message) = _weChat.Messages.Single();
        Assert.That(accessToken, Does.StartWith(WeChatStub.TokenCanary));
        var written = Name.Replace(@"\", @"\u005c").Replace("\"", @"\u0022");
        Assert.That(
            message.GetRawText(),
            Is.EqualTo(
                $$$$$$"""
                {"touser":"{{{{{{guardian.OpenId}}}}}}","template_id":"template-1","page":"pages/wards/wards","data":{"thing1":{"value":"{{{{{{written}}}}}}"},"date2":{"value":"{{{{{{Today:yyyy年M月d日}}}}}}"},"number3":{"value":"1"},"thing4":{"value":"请联系\u0009{{{{{{written}}}}}}"}}}
                """));
        Assert.That((await guardian.DataAsync("GET", "/api/wards"))[0].GetProperty("alert").GetBoolean(), Is.False);

        await guardian.DataAsync("POST", $"/api/wards/{id}/alert");
        Assert.That(await SweepAsync(), Is.EqualTo((1, 0, 0)), "another consent, another message");
    }

    [Test]
    public async Task Nobody_gets_a_message_of_a_ward_who_clocks_in_or_never_has()
    {
        var links = await ArmAsync(3, daysAgo: 1);
        var (never, _) = await LinkAsync();
        await Alerts().ArmAsync(never, (await LinksOf(never)).Single().Id);
        _time.Set(_morning.AddDays(1).AddHours(-1));
        await ClockIns.AddAsync([new(links[0].Ward, Today.AddDays(1), 1)]);
        _time.Set(_morning.AddDays(1));

        Assert.That(await SweepAsync(), Is.EqualTo((2, 0, 0)));
        Assert.That(Receivers(), Is.EquivalentTo(new[] { links[1].Guardian, links[2].Guardian }));
        _time.Set(_morning.AddDays(3));
        Assert.That(await SweepAsync(), Is.EqualTo((1, 0, 0)), "who was put off");
    }

    [Test]
    public async Task Messages_are_sent_from_the_time_of_day_on_that_is_set()
    {
        await ArmAsync(1, daysAgo: 5);
        using var service = Service.Start(
            new Dictionary<string, string>(_settings) { ["ALERT_TIME"] = "18:30" }, services => services.AddSingleton<TimeProvider>(_time));
        var evening = service.Services.GetRequiredService<AlertService>();

        foreach (var (time, sent) in new[] { ("18:29", 0), ("18:30", 1) })
        {
            _time.Set(DateTimeOffset.Parse($"{Today:yyyy-MM-dd}T{time}:00+08:00"));
            Assert.That((await evening.SweepAsync(CancellationToken.None)).Sent, Is.EqualTo(sent), time);
        }
    }

    [Test]
    public async Task Only_its_guardian_arms_a_link()
    {
        var links = await ArmAsync(1, daysAgo: 5, arm: false);
        var id = (await LinksOf(links[0].Guardian)).Single().Id;

        foreach (var (user, link) in new[] { (NewUser(), id), (new User(_clients[0], links[0].Ward), id), (new User(_clients[0], links[0].Guardian), "nothing") })
            Assert.That(await user.AskAsync("POST", $"/api/wards/{link}/alert"), Is.EqualTo("""200 {"code":-1,"errorMsg":"守护关系不存在"}"""));
        Assert.That(await new User(_clients[0], null).AskAsync("POST", $"/api/wards/{id}/alert"), Does.StartWith("401 "));
        Assert.That(await SweepAsync(), Is.EqualTo((0, 0, 0)));
    }

    [TestCase(null, "缺少token")]
    [TestCase("Bearer wrong", "token无效")]
    [TestCase("Bearer " + Secret + "x", "token无效")]
    [TestCase("Basic " + Secret, "缺少token")]
    [TestCase("user", "token无效")]
    public async Task Who_does_not_know_the_secret_starts_no_sweep(string? authorization, string words)
    {
        var links = await ArmAsync(1, daysAgo: 2);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/alerts/sweep");
        request.Headers.TryAddWithoutValidation("Authorization", authorization == "user" ? "Bearer " + Tokens.Of(links[0].Guardian) : authorization);
        using var answer = await _clients[0].SendAsync(request);

        Assert.That((int)answer.StatusCode, Is.EqualTo(401));
        Assert.That(answer.Headers.WwwAuthenticate.ToString(), Is.EqualTo("Bearer"));
        Assert.That(await answer.Content.ReadAsStringAsync(), Is.EqualTo($$"""{"code":-1,"errorMsg":"{{words}}"}"""));
        Assert.That(_weChat.Messages, Is.Empty);
    }

    [TestCase("十一个汉字有三十三字节")]
    [TestCase(" 32-bytes-the-blank-among-them..")]
    public async Task The_secret_is_taken_to_the_letter(string secret)
    {
        using var service = Service.Start(new Dictionary<string, string>(_settings) { ["ALERT_SWEEP_SECRET"] = secret });
        using var client = service.CreateClient();

        Assert.That(await AskAsync(secret), Does.StartWith("HTTP/1.1 200 "));
        Assert.That(await AskAsync(new string('?', secret.Length)), Does.StartWith("HTTP/1.1 401 "));

        async Task<string> AskAsync(string with)
        {
            using var connection = new Connection(client.BaseAddress!);
            await connection.SendAsync(
                $"POST /api/alerts/sweep HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {with}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            return await connection.ReadToEndAsync();
        }
    }

    [Test]
    public async Task The_name_of_the_scheme_may_be_written_in_any_case()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/alerts/sweep");
        request.Headers.TryAddWithoutValidation("Authorization", "bearer " + Secret); // RFC 9110, section 11.1
        using var answer = await _clients[0].SendAsync(request);

        Assert.That((int)answer.StatusCode, Is.EqualTo(200));
    }

    [Test]
    public async Task The_secret_signs_nobody_in()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/wards");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Secret);
        using var answer = await _clients[0].SendAsync(request);

        Assert.That((int)answer.StatusCode, Is.EqualTo(401));
    }

    [TestCase(43101, false, null, null)]
    [TestCase(40003, false, LogEventLevel.Warning, "the receiver is wrong")]
    [TestCase(41009, false, LogEventLevel.Warning, "the receiver is wrong")]
    [TestCase(46004, false, LogEventLevel.Warning, "the receiver is wrong")]
    [TestCase(40037, true, LogEventLevel.Error, "WX_ALERT_TEMPLATE_ID is wrong")]
    [TestCase(47003, true, LogEventLevel.Error, "WX_ALERT_DATA is wrong")]
    [TestCase(41030, true, LogEventLevel.Error, "WX_ALERT_PAGE is wrong")]
    [TestCase(40013, true, LogEventLevel.Error, "WX_APPID is wrong")]
    [TestCase(45009, true, LogEventLevel.Warning, "errcode 45009")]
    [TestCase(-1, true, LogEventLevel.Warning, "errcode -1")]
    public async Task What_WeChat_refuses_is_dropped_or_tried_again_and_told_in_one_line(
        int errorCode, bool staysOn, LogEventLevel? level, string? said)
    {
        var links = await ArmAsync(3, daysAgo: 2);
        _weChat.AnswerToMessage = _ => WeChatStub.Refusal(errorCode);
        var before = _services[0].Log.Count();

        Assert.That(await SweepAsync(), Is.EqualTo(staysOn ? (0, 3, 3) : (0, 0, 0)));

        var lines = _services[0].Log.Skip(before).Where(line => line.RenderMessage().StartsWith("Alerts: ", StringComparison.Ordinal)).ToList();
        Assert.That(lines.Select(line => line.Level), Is.EqualTo(level is null ? [] : new[] { level.Value }));
        Assert.That(
            lines.Select(line => line.RenderMessage()),
            Has.All.Contains(said ?? "").And.All.Contains("3 not sent").And.All.Contains(staysOn ? "to be tried again" : "switched off"));
        Assert.That((await LinksOf(links[0].Guardian)).Single().Alert, Is.EqualTo(staysOn));
        Assert.That(_weChat.Messages, Has.Count.EqualTo(3), "each was tried once");

        _weChat.Reset();
        _time.Set(_morning.AddSeconds(1));
        Assert.That(await SweepAsync(), Is.EqualTo(staysOn ? (3, 0, 0) : (0, 0, 0)));
    }

    [TestCase("hangs")]
    [TestCase("half")]
    [TestCase("closed")]
    [TestCase("html")]
    [TestCase("500")]
    [TestCase("empty")]
    [TestCase("nothing")]
    public async Task An_answer_that_does_not_say_that_it_was_taken_leaves_the_message_for_the_next_sweep(string answer)
    {
        await ArmAsync(AlertService.BatchSize * 2, daysAgo: 2);
        _weChat.AnswerToMessage = _ => answer switch
        {
            "hangs" => WeChatStub.Stalled("HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n{"),
            "half" => WeChatStub.Raw("HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n{\"errcode\":0"),
            "closed" => WeChatStub.Raw(""),
            "html" => WeChatStub.Text("<html>" + WeChatStub.TokenCanary),
            "500" => WeChatStub.Raw("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
            "empty" => WeChatStub.Text(""),
            _ => WeChatStub.Text("{}"),
        };
        var before = _services[0].Log.Count();

        Assert.That(
            await SweepAsync(),
            Is.EqualTo((0, AlertService.BatchSize, AlertService.BatchSize * 2)), "a batch of which nothing gets through ends the sweep");
        Assert.That(
            _services[0].Log.Skip(before).Count(line => line.RenderMessage().StartsWith("Alerts: ", StringComparison.Ordinal)), Is.EqualTo(1));

        _weChat.Reset();
        _time.Set(_morning.AddSeconds(1));
        Assert.That(await SweepAsync(), Is.EqualTo((AlertService.BatchSize * 2, 0, 0)));
    }

    [Test]
    public async Task A_receiver_who_fails_for_ever_holds_up_nobody()
    {
        var links = await ArmAsync(AlertService.BatchSize * 3, daysAgo: 2);
        var poison = links.Take(AlertService.BatchSize + 1).Select(link => link.Guardian).ToHashSet();
        _weChat.AnswerToMessage = message => poison.Contains(message.Receiver) ? WeChatStub.Refusal(47003) : WeChatStub.Taken;

        for (var i = 0; i < 4; i++)
        {
            _time.Set(_morning.AddSeconds(i));
            await SweepAsync();
        }

        Assert.That(Receivers().Where(receiver => !poison.Contains(receiver)), Is.EquivalentTo(links.Select(link => link.Guardian).Except(poison)));
    }

    [Test]
    public async Task An_access_token_is_asked_for_once_and_kept_until_shortly_before_it_expires()
    {
        await ArmAsync(40, daysAgo: 2);
        _time.Pass(TimeSpan.FromHours(3));
        foreach (var (passed, requests) in new[] { (0, 1), (118, 1), (1, 2) })
        {
            _time.Pass(TimeSpan.FromMinutes(passed));
            await ArmAsync(3, daysAgo: 2);
            await SweepAsync();
            Assert.That(_weChat.TokenRequests, Is.EqualTo(requests));
        }
    }

    [TestCase(40001)]
    [TestCase(42001)]
    [TestCase(40014)]
    public async Task An_access_token_that_is_refused_is_replaced_and_the_message_tried_once_more(int errorCode)
    {
        await ArmAsync(1, daysAgo: 2);
        await SweepAsync();
        var refused = _weChat.Messages.Last().AccessToken; // by itself, as a message may be tried again before all have been tried once
        await ArmAsync(10, daysAgo: 2);
        _weChat.Reset();
        _weChat.AnswerToMessage = message => message.AccessToken == refused ? WeChatStub.Refusal(errorCode) : WeChatStub.Taken;

        Assert.That(await SweepAsync(), Is.EqualTo((10, 0, 0)));
        Assert.That(_weChat.TokenRequests, Is.EqualTo(1));
        Assert.That(_weChat.Messages.Select(message => message.AccessToken).Distinct().Count(), Is.EqualTo(2));

        await ArmAsync(2, daysAgo: 2);
        _weChat.Reset();
        _weChat.AnswerToMessage = _ => WeChatStub.Refusal(errorCode);
        Assert.That(await SweepAsync(), Is.EqualTo((0, 2, 2)));
        Assert.That(_weChat.Messages, Has.Count.EqualTo(4));
    }

    [Test]
    public async Task An_access_token_that_does_not_come_is_asked_for_anew_by_the_next_sweep()
    {
        await ArmAsync(3, daysAgo: 2);
        _time.Pass(TimeSpan.FromHours(3));
        _weChat.AnswerToToken = _ => WeChatStub.Stalled("");
        Assert.That(await SweepAsync(), Is.EqualTo((0, 3, 3)));

        _weChat.Reset();
        _time.Set(_morning.AddSeconds(1));
        Assert.That(await SweepAsync(), Is.EqualTo((3, 0, 0)));
    }

    [TestCase("""{"errcode":0,"errmsg":"ok","access_token":"access-token-canary-0","expires_in":7200}""", 2)]
    [TestCase("""{"access_token":"access-token-canary-0"}""", 0)]
    [TestCase("""{"access_token":"","expires_in":7200}""", 0)]
    [TestCase("{}", 0)]
    public async Task An_access_token_is_one_that_came_with_its_lifetime_and_without_an_error(string answer, int sent)
    {
        await ArmAsync(2, daysAgo: 2);
        _time.Pass(TimeSpan.FromHours(3));
        _weChat.AnswerToToken = _ => WeChatStub.Text(answer);

        Assert.That((await SweepAsync()).Sent, Is.EqualTo(sent));
    }

    [TestCase(40125, LogEventLevel.Error, "WX_SECRET is wrong")]
    [TestCase(45011, LogEventLevel.Warning, "no access token")]
    public async Task Without_an_access_token_all_stays_for_the_next_sweep(int errorCode, LogEventLevel level, string said)
    {
        await ArmAsync(20, daysAgo: 2);
        _time.Pass(TimeSpan.FromHours(3));
        _weChat.AnswerToToken = _ => WeChatStub.Refusal(errorCode);
        var before = _services[0].Log.Count();

        Assert.That((await SweepAsync()).Left, Is.EqualTo(20));
        var lines = _services[0].Log.Skip(before).Where(line => line.RenderMessage().StartsWith("Alerts: ", StringComparison.Ordinal)).ToList();
        Assert.That(lines.Select(line => line.Level), Is.EqualTo(new[] { level }));
        Assert.That(lines.Single().RenderMessage(), Does.Contain(said));
        Assert.That(_weChat.Messages, Is.Empty);
    }

    [Test]
    public async Task Sweepers_at_once_send_a_thousand_messages_one_each()
    {
        var links = await ArmAsync(1_000, daysAgo: 3);

        // Each replica by itself, and two timers outside that call again while something is left.
        await Task.WhenAll(
            [.. _services.Select(service => service.Services.GetRequiredService<AlertService>().SweepAsync(CancellationToken.None)),
            CallUntilDoneAsync(), CallUntilDoneAsync()]);

        Assert.That(Receivers(), Is.EquivalentTo(links.Select(link => link.Guardian)));

        async Task CallUntilDoneAsync()
        {
            while ((await SweepAsync(_clients[^1])).Left > 0)
            {
            }
        }
    }

    [Test]
    public void Links_and_their_alerts_are_one_table_with_one_set_of_connections()
        => Assert.That(_services[0].Services.GetRequiredService<IAlertRepository>(), Is.SameAs(Guardians));

    [Test]
    public async Task A_lease_that_ran_out_is_taken_over_and_the_late_sweeper_changes_nothing()
    {
        var links = await ArmAsync(40, daysAgo: 2);
        var release = new TaskCompletionSource();
        _weChat.AnswerToMessage = _ => async (stream, stop) =>
        {
            await release.Task;
            await WeChatStub.Taken(stream, stop);
        };
        var late = SweepAsync();
        await Wait.UntilAsync(() => _weChat.Messages.Count == AlertService.BatchSize);
        Assert.That(await SweepAsync(_clients[^1], taken: true), Is.EqualTo((24, 0, 16)), "the others are not waited for");

        _time.Set(_morning.AddSeconds(61));
        _weChat.AnswerToMessage = _ => WeChatStub.Taken;
        Assert.That((await SweepAsync(_clients[^1])).Sent, Is.EqualTo(AlertService.BatchSize));
        foreach (var link in links)
            await Alerts().ArmAsync(link.Guardian, (await LinksOf(link.Guardian)).Single().Id);
        release.SetResult();
        await late;

        Assert.That(Receivers().Distinct(), Is.EquivalentTo(links.Select(link => link.Guardian)));
        Assert.That(_weChat.Messages, Has.Count.EqualTo(40 + AlertService.BatchSize));
        Assert.That((await LinksOf(links[0].Guardian)).Single().Alert, Is.True, "armed anew since");
    }

    [Test]
    public async Task A_process_that_is_killed_leaves_what_was_in_flight_to_another_and_one_that_is_stopped_finishes_it()
    {
        // Processes have the machine's clock.
        _time.Set(_morning = DateTimeOffset.UtcNow);
        var settings = new Dictionary<string, string>(_settings) { ["ALERT_TIME"] = "00:00" };
        var links = await ArmAsync(200, daysAgo: 5);
        var gate = new SemaphoreSlim(100);
        _weChat.AnswerToMessage = _ => async (stream, stop) =>
        {
            await gate.WaitAsync(stop);
            await WeChatStub.Taken(stream, stop);
        };

        var (process, client) = await ServiceProcess.StartAsync(settings);
        using (process)
        {
            var sweep = SweepAsync(client);
            await Wait.UntilAsync(() => _weChat.Messages.Count > 100);
            process.Kill();
            await Assert.CatchAsync(() => sweep);
        }

        gate.Release(1_000);
        (process, client) = await ServiceProcess.StartAsync(settings);
        using (process)
        {
            _weChat.AnswerToMessage = _ => TakenAfter(500);
            var sweep = SweepAsync(client);
            var sent = _weChat.Messages.Count;
            await Wait.UntilAsync(() => _weChat.Messages.Count > sent);
            var began = DateTimeOffset.UtcNow;
            Assert.That(await process.StopAsync(), Is.Zero);
            Assert.That(DateTimeOffset.UtcNow - began, Is.LessThan(TimeSpan.FromSeconds(8)));
            Assert.That((await sweep).Sent, Is.EqualTo(AlertService.BatchSize));
        }

        _weChat.AnswerToMessage = _ => WeChatStub.Taken;
        // At an hour at which messages are sent, whenever the test runs.
        _time.Set(_morning = ChinaDay.At(ChinaDay.Of(DateTimeOffset.UtcNow).AddDays(1), new TimeOnly(12, 0)));
        await Alerts().SweepAsync(CancellationToken.None);
        Assert.That(Receivers().Distinct(), Is.EquivalentTo(links.Select(link => link.Guardian)));
        Assert.That(_weChat.Messages, Has.Count.InRange(200, 200 + AlertService.BatchSize));
    }

    [Test]
    public async Task A_sweep_that_is_asked_for_begins_no_more_messages_after_four_seconds_and_tells_what_is_left()
    {
        const int Links = 5 * AlertService.BatchSize;
        await ArmAsync(Links, daysAgo: 2);
        _weChat.AnswerToMessage = _ => TakenAfter(1_200);

        var (sent, failed, left) = await SweepAsync();

        Assert.That(sent, Is.InRange(3 * AlertService.BatchSize, 4 * AlertService.BatchSize));
        Assert.That((failed, left), Is.EqualTo((0, Links - sent)));
        Assert.That(_services[0].Log.Select(line => line.RenderMessage()), Has.Some.EqualTo($"Alerts: {sent} sent, {left} still due"));
    }

    private IClockInRepository ClockIns => _services[0].Services.GetRequiredService<IClockInRepository>();

    private IGuardianRepository Guardians => _services[0].Services.GetRequiredService<IGuardianRepository>();

    private AlertService Alerts() => _services[0].Services.GetRequiredService<AlertService>();

    private User NewUser() => new(_clients[++_users % _clients.Count], $"openid-canary-{store}-{_users}");

    private IEnumerable<string> Receivers() => _weChat.Messages.Select(message => message.Message.GetProperty("touser").GetString()!);

    private async Task<IReadOnlyList<Ward>> LinksOf(string guardian)
        => [.. (await Guardians.QueryWardsAsync([guardian], Today))[guardian]];

    private async Task<(string Guardian, string Ward)> LinkAsync()
    {
        var (guardian, ward) = (NewUser().OpenId!, NewUser().OpenId!);
        var hash = new byte[32];
        BitConverter.TryWriteBytes(hash, _users);
        var now = _morning.ToUnixTimeSeconds();
        await Guardians.AddAsync(new($"{store}-{_users}", ward, "妈妈", hash, now + 100), now);
        await Guardians.AcceptAsync(hash, guardian, "小明", now);
        return (guardian, ward);
    }

    /// <summary>Links whose wards clocked in last so many days ago.</summary>
    private async Task<List<(string Guardian, string Ward)>> ArmAsync(int count, int daysAgo, bool arm = true)
    {
        var links = new List<(string Guardian, string Ward)>();
        foreach (var _ in Enumerable.Range(0, count))
        {
            links.Add(await LinkAsync());
            if (arm)
                await Alerts().ArmAsync(links[^1].Guardian, $"{store}-{_users}");
        }

        await ClockIns.AddAsync([.. links.Select(link => new Tap(link.Ward, Today.AddDays(-daysAgo), 1))]);
        return links;
    }

    private static Func<Stream, CancellationToken, Task> TakenAfter(int milliseconds)
        => async (stream, stop) =>
        {
            await Task.Delay(milliseconds, stop);
            await WeChatStub.Taken(stream, stop);
        };

    private async Task<(int Sent, int Failed, int Left)> SweepAsync(HttpClient? client = null, bool taken = false)
    {
        if (taken)
            _weChat.AnswerToMessage = _ => WeChatStub.Taken;
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/alerts/sweep");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Secret);
        using var answer = await (client ?? _clients[0]).SendAsync(request);
        var data = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("data");
        return (data.GetProperty("sent").GetInt32(), data.GetProperty("failed").GetInt32(), data.GetProperty("left").GetInt32());
    }
}
