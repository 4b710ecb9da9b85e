using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using SafeClockin.Tests.Servers;
using Serilog.Formatting.Compact;

namespace SafeClockin.Tests.Api;

/// <summary>
/// Guardians and wards over HTTP: what a mini-program sees, and what any number of them at once, on all replicas, may leave.
/// </summary>
[TestFixture("sqlite", 1)]
[TestFixture("mysql", 2)]
public sealed class GuardianTests(string store, int replicas)
{
    private const string Gone = "邀请已失效";

    private static readonly DateTimeOffset Morning = DateTimeOffset.Parse("2026-11-24T08:00:00+08:00");

    private readonly SettableTime _time = new();
    private List<Service> _services;
    private List<HttpClient> _clients;
    private int _users;

    [OneTimeSetUp]
    public void Start()
    {
        var settings = store == "mysql"
            ? new(MySqlServer.NewDatabase()) { ["STORE"] = "mysql" }
            : Service.EmbeddedStore();
        settings["TOKEN_SECRET"] = WeChatStub.TokenSecret;
        _services = [.. Enumerable.Range(0, replicas).Select(_ => Service.Start(settings, services => services.AddSingleton<TimeProvider>(_time)))];
        _clients = _services.ConvertAll(service => service.CreateClient());
    }

    [OneTimeTearDown]
    public void Stop()
    {
        _clients?.ForEach(client => client.Dispose());
        _services?.ForEach(service => service.Dispose());
    }

    [SetUp]
    public void Begin() => _time.Set(Morning);

    [Test]
    public async Task A_life_of_two_people_looks_so_on_the_wire()
    {
        var (ward, guardian) = (NewUser(), NewUser());
        await ExpectAsync(ward, "GET", "/api/guardians", "[]");
        await ExpectAsync(guardian, "GET", "/api/wards", "[]");

        var (id, invitation) = await ward.InviteAsync(" 妈妈 ");
        Assert.That(new[] { id, invitation }, Is.Unique.And.All.Match("^[A-Za-z0-9_-]{22}$"));
        await ExpectAsync(ward, "GET", "/api/guardians", $$"""[{"id":"{{id}}","name":null,"state":"invited","expiresAt":1795737600}]""");
        var fresh = $$"""{"id":"{{id}}","name":"妈妈","clockedInToday":false,"lastClockInAt":null,"missedDays":0,"alert":false}""";
        await ExpectAsync(guardian, "POST", "/api/wards", fresh, $$"""{"invitation":"{{invitation}}","name":"小明"}""");
        await ExpectAsync(ward, "GET", "/api/guardians", $$"""[{"id":"{{id}}","name":"小明","state":"active","expiresAt":null}]""");

        await ward.DataAsync("POST", "/api/clockin");
        await ExpectAsync(guardian, "GET", "/api/wards", $$"""[{"id":"{{id}}","name":"妈妈","clockedInToday":true,"lastClockInAt":1795478400,"missedDays":0,"alert":false}]""");
        _time.Set(Morning.AddDays(3));
        var missing = $$"""{"id":"{{id}}","name":"妈妈","clockedInToday":false,"lastClockInAt":1795478400,"missedDays":2,"alert":false}""";
        await ExpectAsync(guardian, "GET", "/api/wards", $"[{missing}]");
        await ExpectAsync(guardian, "POST", "/api/wards", missing, $$"""{"invitation":"{{invitation}}","name":"小明"}""");

        await ExpectAsync(guardian, "DELETE", $"/api/wards/{id}", "null", "");
        await ExpectAsync(guardian, "DELETE", $"/api/wards/{id}", "null");
        await ExpectAsync(ward, "DELETE", $"/api/guardians/{id}", "null", "");
        await ExpectAsync(ward, "GET", "/api/guardians", "[]");
        Assert.That(await guardian.AcceptAsync(invitation), Is.EqualTo(Gone));
    }

    [TestCase("POST", "/api/guardians", "{}", "名字应为1到20个字")]
    [TestCase("POST", "/api/guardians", "", "名字应为1到20个字")]
    [TestCase("POST", "/api/guardians", """{"name":null}""", "名字应为1到20个字")]
    [TestCase("POST", "/api/guardians", """{"name":"  "}""", "名字应为1到20个字")]
    [TestCase("POST", "/api/guardians", """{"name":"一二三四五六七八九十一二三四五六七八九十一"}""", "名字应为1到20个字")]
    [TestCase("POST", "/api/guardians", """{"name":"a\u202eb"}""", "名字应为1到20个字")]
    [TestCase("POST", "/api/guardians", """{"name":["a"]}""", "name参数错误")]
    [TestCase("POST", "/api/wards", """{"name":"a"}""", "缺少invitation参数")]
    [TestCase("POST", "/api/wards", """{"name":"a","invitation":""}""", "缺少invitation参数")]
    [TestCase("POST", "/api/wards", """{"name":"a","invitation":1}""", "invitation参数错误")]
    [TestCase("POST", "/api/wards", """{"invitation":"x","name":""}""", "名字应为1到20个字")]
    [TestCase("POST", "/api/wards", """{"invitation":"x","name":"a"}""", Gone)]
    [TestCase("POST", "/api/wards", """{"invitation":"' OR 1=1 --\u0000%","name":"a"}""", Gone)]
    public async Task What_cannot_be_is_refused_with_200(string method, string path, string body, string words)
        => Assert.That(await NewUser().AskAsync(method, path, body), Is.EqualTo($$"""200 {"code":-1,"errorMsg":"{{words}}"}"""));

    [Test]
    public async Task Alerts_that_nobody_has_configured_are_refused_and_swept_by_nobody()
    {
        Assert.That(await NewUser().AskAsync("POST", "/api/wards/any/alert"), Is.EqualTo("""200 {"code":-1,"errorMsg":"提醒未配置"}"""));
        Assert.That(await NewUser().AskAsync("POST", "/api/alerts/sweep"), Does.StartWith("401 "));
    }

    [Test]
    public async Task Unknown_used_expired_and_taken_back_invitations_are_answered_alike()
    {
        var (ward, winner, late) = (NewUser(), NewUser(), NewUser());
        var (_, used) = await ward.InviteAsync();
        await winner.AcceptAsync(used);
        var (_, expired) = await ward.InviteAsync();
        var (takenBackId, takenBack) = await ward.InviteAsync();
        await ward.DataAsync("DELETE", $"/api/guardians/{takenBackId}");
        _time.Set(Morning.AddHours(72));

        var answers = new List<string>();
        foreach (var invitation in new[] { "AAAAAAAAAAAAAAAAAAAAAA", used, expired, takenBack, expired + "=", new string('x', 9_000) })
            answers.Add(await late.AskAsync("POST", "/api/wards", JsonSerializer.Serialize(new { invitation, name = "x" })));
        Assert.That(answers, Has.All.EqualTo($$"""200 {"code":-1,"errorMsg":"{{Gone}}"}"""));
        Assert.That(await ward.GuardiansAsync(), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Nobody_watches_over_themselves_and_one_link_between_two_is_renewed()
    {
        var (ward, guardian) = (NewUser(), NewUser());
        var (id, first) = await ward.InviteAsync("妈妈");
        Assert.That(await ward.AcceptAsync(first), Is.EqualTo("不能守护自己"));
        var (_, second) = await ward.InviteAsync("母亲");

        Assert.That(await guardian.AcceptAsync(first, "小明"), Is.EqualTo(id));
        Assert.That(await guardian.AcceptAsync(second, "明明"), Is.EqualTo(id));

        await ExpectAsync(ward, "GET", "/api/guardians", $$"""[{"id":"{{id}}","name":"明明","state":"active","expiresAt":null}]""");
        Assert.That((await guardian.DataAsync("GET", "/api/wards"))[0].GetProperty("name").GetString(), Is.EqualTo("母亲"));
        Assert.That(await NewUser().AcceptAsync(second), Is.EqualTo(Gone));
        Assert.That(await guardian.AcceptAsync(second), Is.EqualTo(id));
    }

    [Test]
    public async Task Wards_come_the_longest_missing_first_and_then_by_name()
    {
        var guardian = NewUser();
        foreach (var (name, daysAgo) in new (string, int?)[] { ("乙", 0), ("丙", 5), ("甲", null), ("b", 3), ("a", 3) })
        {
            var ward = NewUser();
            var (_, invitation) = await ward.InviteAsync(name);
            await guardian.AcceptAsync(invitation);
            _time.Set(Morning.AddDays(-(daysAgo ?? 0)));
            if (daysAgo is not null)
                await ward.DataAsync("POST", "/api/clockin");
            _time.Set(Morning);
        }

        var wards = (await guardian.DataAsync("GET", "/api/wards")).EnumerateArray();
        Assert.That(
            wards.Select(ward => (ward.GetProperty("name").GetString(), ward.GetProperty("missedDays").GetInt32())),
            Is.EqualTo(new[] { ("丙", 4), ("a", 2), ("b", 2), ("乙", 0), ("甲", 0) }));
    }

    [Test]
    public async Task Parallel_invitations_of_one_ward_leave_five()
    {
        var openId = NewUser().OpenId!;
        var made = await AtOnceAsync(64, i => On(i, openId).InviteAsync());

        var kept = await On(0, openId).GuardiansAsync();
        Assert.That(made.Where(each => each.Id != "守护人已达上限").Select(each => each.Id), Is.SubsetOf(kept).And.Unique);
        Assert.That(kept, Has.Count.EqualTo(5));
    }

    [Test]
    public async Task One_of_many_takers_of_an_invitation_wins()
    {
        var ward = NewUser();
        var (id, invitation) = await ward.InviteAsync();
        var takers = Enumerable.Range(0, 64).Select(i => On(i, NewUser().OpenId!)).ToList();
        var answers = await AtOnceAsync(64, i => takers[i].AcceptAsync(invitation));

        Assert.That(answers.Count(answer => answer == id), Is.EqualTo(1));
        Assert.That(answers.Count(answer => answer == Gone), Is.EqualTo(63));
        var seen = await Task.WhenAll(takers.Select(taker => taker.WardsAsync()));
        Assert.That(seen.Select(wards => wards.Contains(id)), Is.EqualTo(answers.Select(answer => answer == id)));
    }

    [Test]
    public async Task Parallel_acceptances_by_one_guardian_leave_fifty_wards()
    {
        var openId = NewUser().OpenId!;
        var invitations = await AtOnceAsync(64, _ => NewUser().InviteAsync());
        var answers = await AtOnceAsync(64, i => On(i, openId).AcceptAsync(invitations[i].Invitation));

        Assert.That(answers.Count(answer => answer == "守护的人已达上限"), Is.EqualTo(14));
        Assert.That(await On(0, openId).WardsAsync(), Is.EquivalentTo(answers.Where(answer => answer != "守护的人已达上限")).And.Exactly(50).Items);
    }

    [Test]
    public async Task Parallel_invitations_of_one_ward_accepted_by_one_guardian_leave_one_link()
    {
        var (ward, guardian) = (NewUser(), NewUser());
        var invitations = new List<(string Id, string Invitation)>();
        for (var i = 0; i < 5; i++)
            invitations.Add(await ward.InviteAsync());
        var answers = await AtOnceAsync(20, i => On(i, guardian.OpenId!).AcceptAsync(invitations[i % 5].Invitation));

        var link = (await ward.GuardiansAsync()).Single();
        Assert.That(await guardian.WardsAsync(), Is.EqualTo(new[] { link }));
        // A repeat may come after another invitation has taken its place.
        Assert.That(answers, Has.Some.EqualTo(link).And.All.Matches<string>(answer => answer == link || answer == Gone));
    }

    [TestCase("taken back")]
    [TestCase("expires")]
    [TestCase("ward erased")]
    [TestCase("guardian erased")]
    [TestCase("ended by the guardian")]
    public async Task An_invitation_accepted_while_something_ends_it_leaves_a_whole_link_or_none(string how)
    {
        const int Pairs = 30;
        var pairs = new List<(User Ward, User Guardian, string Id, string Invitation)>();
        for (var i = 0; i < Pairs; i++)
        {
            var ward = On(i, NewUser().OpenId!);
            await ward.DataAsync("POST", "/api/clockin");
            var (id, invitation) = await ward.InviteAsync();
            pairs.Add((ward, On(i + 1, NewUser().OpenId!), id, invitation));
        }

        _time.Set(Morning.AddHours(72).AddSeconds(-1));
        var answers = await AtOnceAsync(Pairs * 2, async i =>
        {
            var (ward, guardian, id, invitation) = pairs[i / 2];
            if (i % 2 == 0)
                return await guardian.AcceptAsync(invitation);
            if (how == "expires")
                _time.Set(Morning.AddHours(72).AddSeconds(i < Pairs ? -1 : 0));
            else if (how == "taken back")
                await ward.DataAsync("DELETE", $"/api/guardians/{id}");
            else if (how == "ended by the guardian")
                await guardian.DataAsync("DELETE", $"/api/wards/{id}");
            else
                await (how == "ward erased" ? ward : guardian).DataAsync("DELETE", "/api/user");
            return "";
        });

        for (var i = 0; i < Pairs; i++)
        {
            var (ward, guardian, id, _) = pairs[i];
            var (seenByWard, seenByGuardian) = (await ward.DataAsync("GET", "/api/guardians"), await guardian.WardsAsync());
            var isActive = seenByWard.EnumerateArray().Any(each => each.GetProperty("state").GetString() == "active");
            Assert.That(seenByGuardian, isActive ? Is.EqualTo(new[] { id }) : Is.Empty, how);
            Assert.That(answers[i * 2], Is.EqualTo(id).Or.EqualTo(Gone));
            if (how == "expires")
                Assert.That(isActive, Is.EqualTo(answers[i * 2] == id), "an acceptance that was answered holds");
        }
    }

    [Test]
    public async Task Erasing_ends_links_and_invitations_on_both_sides_and_clock_ins()
    {
        var (user, ward, guardian) = (NewUser(), NewUser(), NewUser());
        await guardian.AcceptAsync((await user.InviteAsync()).Invitation);
        await user.AcceptAsync((await ward.InviteAsync()).Invitation);
        var (_, open) = await user.InviteAsync();
        await user.DataAsync("POST", "/api/clockin");

        await ExpectAsync(user, "DELETE", "/api/user", "null");
        await ExpectAsync(user, "DELETE", "/api/user", "null");

        foreach (var each in new[] { user, ward, guardian })
        {
            Assert.That(await each.GuardiansAsync(), Is.Empty);
            Assert.That(await each.WardsAsync(), Is.Empty);
        }

        Assert.That(await guardian.AcceptAsync(open), Is.EqualTo(Gone));
        Assert.That((await user.DataAsync("GET", "/api/clockin")).GetProperty("clockedInAt").ValueKind, Is.EqualTo(JsonValueKind.Null));
    }

    [Test]
    public async Task No_log_line_holds_an_openid_a_name_or_an_invitation()
    {
        var (ward, guardian) = (NewUser("oCanaryWard"), NewUser("oCanaryGuardian"));
        var (id, invitation) = await ward.InviteAsync("名字的金丝雀");
        await AtOnceAsync(8, _ => guardian.AcceptAsync(invitation, "守护的金丝雀"));
        await guardian.AcceptAsync((await ward.InviteAsync("名字的金丝雀")).Invitation, "守护的金丝雀");
        await guardian.AskAsync("POST", "/api/wards", $$"""{"invitation":"{{invitation}}","name":"守护的金丝雀金丝雀金丝雀金丝雀金丝雀"}""");
        await guardian.AskAsync("POST", "/api/wards", $$"""{"invitation":"{{invitation}}","name":"守护的金丝雀",""");
        await guardian.DataAsync("DELETE", $"/api/wards/{id}");
        await ward.DataAsync("DELETE", "/api/user");

        var formatter = new CompactJsonFormatter();
        using var log = new StringWriter();
        foreach (var line in _services.SelectMany(service => service.Log))
            formatter.Format(line, log);
        Assert.That(log.ToString(), Does.Contain($"/api/wards/{id}"), "the log is there");
        foreach (var canary in new[] { "oCanary", "金丝雀", invitation })
            Assert.That(log.ToString(), Does.Not.Contain(canary));
    }

    private static async Task ExpectAsync(User user, string method, string path, string data, string? body = null)
        => Assert.That(await user.AskAsync(method, path, body), Is.EqualTo($$"""200 {"code":0,"data":{{data}}}"""), $"{method} {path}");

    /// <summary>Makes calls at once. That they are in each other's way is no failure of the database, which goes on being used.</summary>
    private async Task<T[]> AtOnceAsync<T>(int calls, Func<int, Task<T>> call)
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, calls).Select(i => Task.Run(() => call(i))));
        Assert.That(
            _services.SelectMany(service => service.Log).Select(line => line.RenderMessage()), Has.None.StartsWith("Leaving database node"));
        return answers;
    }

    private User NewUser(string name = "oUser") => On(0, $"{name}-{Interlocked.Increment(ref _users)}");

    /// <summary>A user who asks one of the replicas.</summary>
    private User On(int replica, string openId) => new(_clients[replica % replicas], openId);
}
