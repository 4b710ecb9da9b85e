using System.Security.Cryptography;
using System.Text;
using Dapper;
using SafeClockin.Data.MySql;
using SafeClockin.Data.Sqlite;
using SafeClockin.Domain;
using SafeClockin.Domain.Alerts;
using SafeClockin.Domain.ClockIns;
using SafeClockin.Domain.Guardians;
using SafeClockin.Tests.Servers;

namespace SafeClockin.Tests.Data;

/// <summary>What every store keeps to.</summary>
public abstract class GuardianRepositoryTests
{
    protected const long Now = 1_000_000;
    private const long End = Now + 100;

    protected static readonly DateOnly Today = new(2026, 11, 24);

    private int _ids;

    protected const string WhatIsDue = "FROM Guardians WHERE alert = TRUE AND alertAt <= 1 ORDER BY alertAt LIMIT 500";

    /// <summary>The repository under test, on an empty store.</summary>
    internal IGuardianRepository Guardians { get; set; }

    /// <summary>The clock-ins of the same store.</summary>
    internal IClockInRepository ClockIns { get; set; }

    [Test]
    public async Task Somebody_alone_has_neither_guardians_nor_wards()
    {
        Assert.That(await Guardians.QueryGuardiansAsync("a", Now), Is.Empty);
        Assert.That(await WardsAsync("a"), Is.Empty);
        Assert.That(await AcceptAsync("a", "nothing"), Is.EqualTo((Acceptance.Invalid, (string?)null)));
        await Guardians.DeleteGuardianAsync("a", "nothing");
        await Guardians.DeleteWardAsync("a", "nothing");
        await Guardians.EraseAsync("a");
    }

    [Test]
    public async Task An_invitation_becomes_a_link_that_both_sides_see()
    {
        var id = await InviteAsync("ward", "secret", "妈妈");
        Assert.That(await Guardians.QueryGuardiansAsync("ward", Now), Is.EqualTo(new[] { new Guardian(id, null, End) }));

        Assert.That(await AcceptAsync("guardian", "secret", "小明"), Is.EqualTo((Acceptance.Linked, id)));

        Assert.That(await Guardians.QueryGuardiansAsync("ward", Now), Is.EqualTo(new[] { new Guardian(id, "小明", null) }));
        Assert.That(await WardsAsync("guardian"), Is.EqualTo(new[] { new Ward(id, "妈妈", null, false) }));
        Assert.That(await WardsAsync("ward"), Is.Empty);
        Assert.That(await Guardians.QueryGuardiansAsync("guardian", Now), Is.Empty);
    }

    [Test]
    public async Task The_winner_may_repeat_for_ever_and_nobody_else_accepts()
    {
        var id = await InviteAsync("ward", "secret");
        await AcceptAsync("guardian", "secret", "小明");

        Assert.That(await AcceptAsync("guardian", "secret", "别名", End + 1), Is.EqualTo((Acceptance.Repeated, id)));
        Assert.That((await AcceptAsync("other", "secret")).Acceptance, Is.EqualTo(Acceptance.Invalid));
        Assert.That((await AcceptAsync("ward", "secret")).Acceptance, Is.EqualTo(Acceptance.Invalid));
        Assert.That((await Guardians.QueryGuardiansAsync("ward", End + 1)).Single().Name, Is.EqualTo("小明"));
    }

    [Test]
    public async Task One_of_many_who_accept_at_once_wins()
    {
        for (var i = 0; i < GuardianService.GuardianLimit; i++)
        {
            await InviteAsync("ward", $"{i}");
            var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(taker => Task.Run(() => AcceptAsync($"taker {i} {taker}", $"{i}"))));

            Assert.That(answers.Select(answer => answer.Acceptance).Order(), Is.EqualTo(Enumerable.Repeat(Acceptance.Invalid, 15).Append(Acceptance.Linked)));
        }
    }

    [Test]
    public async Task Each_of_many_invitations_made_at_once_gets_a_place_or_is_refused()
    {
        for (var i = 0; i < 8; i++)
        {
            var ids = await Task.WhenAll(Enumerable.Range(0, 8).Select(n => Task.Run(() => InviteAsync($"ward {i}", $"{i} {n}"))));

            Assert.That(ids.Count(id => id == "refused"), Is.EqualTo(8 - GuardianService.GuardianLimit));
        }
    }

    [Test]
    public async Task An_invitation_ends_in_its_last_second_and_its_place_is_free()
    {
        for (var i = 0; i < GuardianService.GuardianLimit; i++)
            await InviteAsync("ward", $"{i}");
        await AcceptAsync("guardian", "0", now: End - 1);
        Assert.That(await InviteAsync("ward", "too many", now: End - 1), Is.EqualTo("refused"));

        Assert.That(await Guardians.QueryGuardiansAsync("ward", End), Has.Count.EqualTo(1));
        Assert.That((await AcceptAsync("other", "1", now: End)).Acceptance, Is.EqualTo(Acceptance.Invalid));
        for (var i = 1; i < GuardianService.GuardianLimit; i++)
            Assert.That(await InviteAsync("ward", $"again {i}", now: End), Is.Not.EqualTo("refused"));
        Assert.That(await InviteAsync("ward", "too many", now: End), Is.EqualTo("refused"));
        Assert.That((await Guardians.QueryGuardiansAsync("ward", End)).Select(each => each.Name is null), Is.EqualTo(new[] { false, true, true, true, true }));
    }

    [Test]
    public async Task An_invitation_of_ones_own_and_one_too_many_are_refused_and_stay_open()
    {
        for (var i = 0; i < GuardianService.WardLimit; i++)
        {
            await InviteAsync($"ward {i}", $"{i}");
            Assert.That((await AcceptAsync("guardian", $"{i}")).Acceptance, Is.EqualTo(Acceptance.Linked));
        }

        await InviteAsync("ward", "secret");

        Assert.That((await AcceptAsync("ward", "secret")).Acceptance, Is.EqualTo(Acceptance.Own));
        Assert.That((await AcceptAsync("guardian", "secret")).Acceptance, Is.EqualTo(Acceptance.Full));
        Assert.That(await WardsAsync("guardian"), Has.Count.EqualTo(GuardianService.WardLimit));
        await Guardians.DeleteWardAsync("guardian", (await WardsAsync("guardian"))[7].Id);
        Assert.That((await AcceptAsync("guardian", "secret")).Acceptance, Is.EqualTo(Acceptance.Linked));
    }

    [Test]
    public async Task A_second_invitation_of_the_same_ward_renews_the_one_link()
    {
        var id = await InviteAsync("ward", "first", "妈妈");
        await InviteAsync("ward", "second", "母亲");
        await AcceptAsync("guardian", "first", "小明");

        Assert.That(await AcceptAsync("guardian", "second", "明明"), Is.EqualTo((Acceptance.Renewed, id)));

        Assert.That(await Guardians.QueryGuardiansAsync("ward", Now), Is.EqualTo(new[] { new Guardian(id, "明明", null) }));
        Assert.That(await WardsAsync("guardian"), Is.EqualTo(new[] { new Ward(id, "母亲", null, false) }));
        Assert.That(await AcceptAsync("guardian", "second"), Is.EqualTo((Acceptance.Repeated, id)));
        Assert.That((await AcceptAsync("other", "second")).Acceptance, Is.EqualTo(Acceptance.Invalid));
    }

    [Test]
    public async Task Two_may_watch_over_each_other()
    {
        await InviteAsync("a", "of a");
        await InviteAsync("b", "of b");

        Assert.That((await AcceptAsync("b", "of a")).Acceptance, Is.EqualTo(Acceptance.Linked));
        Assert.That((await AcceptAsync("a", "of b")).Acceptance, Is.EqualTo(Acceptance.Linked));
    }

    [Test]
    public async Task A_link_and_an_invitation_are_ended_by_those_whose_they_are_and_by_nobody_else()
    {
        var link = await InviteAsync("ward", "secret");
        await AcceptAsync("guardian", "secret");
        var open = await InviteAsync("ward", "open");
        await Guardians.DeleteGuardianAsync("guardian", link);
        await Guardians.DeleteGuardianAsync("other", open);
        await Guardians.DeleteWardAsync("ward", link);
        await Guardians.DeleteWardAsync("other", link);
        await Guardians.DeleteWardAsync("guardian", open);
        Assert.That((await Guardians.QueryGuardiansAsync("ward", Now)).Select(each => each.Id), Is.EqualTo(new[] { link, open }));

        await Guardians.DeleteGuardianAsync("ward", open);
        Assert.That((await AcceptAsync("other", "open")).Acceptance, Is.EqualTo(Acceptance.Invalid));
        await Guardians.DeleteWardAsync("guardian", link);
        Assert.That(await Guardians.QueryGuardiansAsync("ward", Now), Is.Empty);
        Assert.That((await AcceptAsync("guardian", "secret")).Acceptance, Is.EqualTo(Acceptance.Invalid));
    }

    [Test]
    public async Task Guardians_come_in_the_order_in_which_they_accepted_and_open_invitations_after_them()
    {
        await InviteAsync("ward", "first", now: Now - 3);
        var openLater = await InviteAsync("ward", "open later");
        await InviteAsync("ward", "second", now: Now - 1);
        await InviteAsync("ward", "third", now: Now - 4);
        var open = await InviteAsync("ward", "open", now: Now - 2);
        foreach (var (secret, acceptedAt) in new[] { ("third", Now + 2), ("first", Now), ("second", Now + 1) })
            await AcceptAsync(secret, secret, name: secret, now: acceptedAt);

        Assert.That(
            (await Guardians.QueryGuardiansAsync("ward", Now)).Select(guardian => guardian.Name ?? guardian.Id),
            Is.EqualTo(new[] { "first", "second", "third", open, openLater }));
    }

    [Test]
    public async Task Each_ward_comes_with_the_last_clock_in_up_to_the_day()
    {
        foreach (var ward in new[] { "a", "b", "c" })
        {
            await InviteAsync(ward, ward, ward);
            await AcceptAsync("guardian", ward);
        }

        await ClockIns.AddAsync([new("a", Today.AddDays(-1), 1), new("a", Today, 2), new("a", Today.AddDays(1), 3), new("b", Today.AddDays(-9), 4), new("other", Today, 5)]);

        Assert.That(
            (await WardsAsync("guardian")).Select(ward => (ward.Name, ward.LastClockIn)),
            Is.EquivalentTo(new (string, ClockIn?)[] { ("a", new(Today, 2, 2)), ("b", new(Today.AddDays(-9), 4, 1)), ("c", null) }));
    }

    [Test]
    public async Task Several_who_look_at_once_each_see_their_own_wards()
    {
        await LinkAsync("a", "one");
        await LinkAsync("b", "other");
        await LinkAsync("a", "other");

        var seen = await Guardians.QueryWardsAsync(["one", "nobody", "other"], Today);

        Assert.That(new[] { "one", "nobody", "other" }.Select(guardian => seen[guardian].Count()), Is.EqualTo(new[] { 1, 0, 2 }));
    }

    [Test]
    public async Task A_user_is_erased_on_both_sides_with_their_clock_ins_and_nobody_else()
    {
        await LinkAsync("user", "guardian");
        await LinkAsync("ward", "user");
        await LinkAsync("ward", "guardian");
        await InviteAsync("user", "open");
        await ClockIns.AddAsync([new("user", Today, 1), new("ward", Today, 1)]);

        await Guardians.EraseAsync("user");

        Assert.That(await Guardians.QueryGuardiansAsync("user", Now), Is.Empty);
        Assert.That(await WardsAsync("user"), Is.Empty);
        Assert.That(await Guardians.QueryGuardiansAsync("ward", Now), Has.Count.EqualTo(1));
        Assert.That(await WardsAsync("guardian"), Has.Count.EqualTo(1));
        Assert.That((await AcceptAsync("other", "open")).Acceptance, Is.EqualTo(Acceptance.Invalid));
        Assert.That((await ClockIns.QueryLastAsync(["user", "ward"], Today)).Select(last => last is null), Is.EqualTo(new[] { true, false }));
        Assert.That((await ClockIns.AddAsync([new("user", Today.AddDays(1), 1), new("ward", Today.AddDays(1), 1)])).Select(added => added.Streak), Is.EqualTo(new[] { 1, 2 }));
    }

    [Test]
    public async Task A_user_who_never_clocked_in_is_erased_too()
    {
        await LinkAsync("user", "guardian");
        await LinkAsync("ward", "user");

        await Guardians.EraseAsync("user");

        Assert.That(await WardsAsync("guardian"), Is.Empty);
        Assert.That(await Guardians.QueryGuardiansAsync("ward", Now), Is.Empty);
    }

    [Test]
    public async Task Armed_links_are_found_from_when_they_are_due_on_the_longest_waiting_first_and_no_more_than_asked_for()
    {
        foreach (var (ward, armedAt) in new[] { ("a", Now + 2), ("b", Now), ("c", Now + 1) })
            await ArmAsync(ward, armedAt);
        await LinkAsync("not armed", "guardian");
        await ClockIns.AddAsync([new("b", Today.AddDays(-3), 1), new("b", Today.AddDays(1), 1)]);

        Assert.That(await FindAsync(Now - 1), Is.Empty);
        Assert.That(await FindAsync(Now + 1), Is.EqualTo(new[] { "b", "c" }));
        Assert.That(await FindAsync(Now + 2, limit: 2), Is.EqualTo(new[] { "b", "c" }));
        Assert.That(await FindAsync(Now + 2), Is.EqualTo(new[] { "b", "c", "a" }));
        var found = await Alerts.FindAsync(Now + 2, Today, 3);
        Assert.That(found.Select(link => link.Guardian), Has.All.EqualTo("guardian"));
        Assert.That(found.Select(link => link.LastDay), Is.EqualTo(new DateOnly?[] { Today.AddDays(-3), null, null }));
    }

    [Test]
    public async Task Due_links_are_counted_by_the_last_day_with_when_the_first_of_them_was_armed()
    {
        foreach (var (ward, armedAt, daysAgo) in new[] { ("a", Now + 2, 3), ("b", Now, 3), ("c", Now + 1, 5), ("d", Now, 1), ("e", Now + 9, 5) })
        {
            await ArmAsync(ward, armedAt);
            await ClockIns.AddAsync([new(ward, Today.AddDays(-daysAgo), 1)]);
        }

        await ArmAsync("never", Now);

        Assert.That(
            await Alerts.CountAsync(Now + 5, Today, before: Today.AddDays(-1)),
            Is.EquivalentTo(new[] { new WaitingLinks(Today.AddDays(-3), 2, Now), new WaitingLinks(Today.AddDays(-5), 1, Now + 1) }));
    }

    [Test]
    public async Task A_link_is_armed_by_its_guardian_alone_and_once_until_it_is_switched_off()
    {
        var id = await LinkAsync("ward", "guardian");
        await ClockIns.AddAsync([new("ward", Today.AddDays(-3), 1)]);
        await Alerts.ArmAsync("ward", id, Now);
        await Alerts.ArmAsync("other", id, Now);
        Assert.That(await FindAsync(Now), Is.Empty);

        await Alerts.ArmAsync("guardian", id, Now);
        await Alerts.ArmAsync("guardian", id, Now + 5);
        Assert.That(await ArmedAtAsync(), Is.EqualTo(Now));

        var mark = Guid.NewGuid();
        await Alerts.ClaimAsync([id], mark, Now, Now + 60);
        await Alerts.ReleaseAsync(mark, switchedOff: [id], kept: [], lookAt: Now);
        Assert.That((await WardsAsync("guardian")).Single().Alert, Is.False);
        Assert.That(await FindAsync(Now + 100), Is.Empty);
        await Alerts.ArmAsync("guardian", id, Now + 7);
        await Alerts.ReleaseAsync(mark, switchedOff: [id], kept: [], lookAt: Now); // once more, as after a lost answer
        Assert.That(await ArmedAtAsync(), Is.EqualTo(Now + 7));

        async Task<long> ArmedAtAsync() => (await Alerts.CountAsync(Now + 100, Today, before: Today)).Single().ArmedAt;
    }

    [Test]
    public async Task A_claimed_link_is_nobody_elses_until_the_lease_ends_and_no_longer_the_first_ones_then()
    {
        var id = await ArmAsync("ward", Now);
        var (first, second) = (Guid.NewGuid(), Guid.NewGuid());
        Assert.That(await Alerts.ClaimAsync([id, "another"], first, Now, Now + 60), Is.EqualTo(new[] { id }));
        Assert.That(await Alerts.ClaimAsync([id], second, Now + 59, Now + 120), Is.Empty);
        Assert.That(await FindAsync(Now + 59), Is.Empty);

        Assert.That(await Alerts.ClaimAsync([id], second, Now + 60, Now + 120), Is.EqualTo(new[] { id }));
        await Alerts.ReleaseAsync(first, switchedOff: [id], kept: [id], lookAt: Now);
        Assert.That(await FindAsync(Now + 119), Is.Empty);
        await Alerts.ReleaseAsync(second, switchedOff: [], kept: [id], lookAt: Now + 61);
        Assert.That(await FindAsync(Now + 60), Is.Empty);
        Assert.That(await FindAsync(Now + 61), Is.EqualTo(new[] { "ward" }));
    }

    [Test]
    public async Task Links_that_are_not_due_are_put_off_and_one_that_another_has_claimed_meanwhile_is_not()
    {
        var (put, claimed) = (await ArmAsync("put off", Now), await ArmAsync("claimed", Now));
        await Alerts.ClaimAsync([claimed], Guid.NewGuid(), Now, Now + 60);

        await Alerts.PostponeAsync([put, claimed], Now, until: Now + 1_000);

        Assert.That(await FindAsync(Now + 999), Is.EqualTo(new[] { "claimed" }));
        Assert.That(await FindAsync(Now + 1_000), Is.EqualTo(new[] { "claimed", "put off" }));
    }

    [Test]
    public async Task Openids_are_told_apart_byte_by_byte()
    {
        string[] users = ["a", "A", "a ", "a\0", "á", "a\u0301", new('x', 64), "中文", "%", "'\"\\"];
        foreach (var user in users)
            await LinkAsync(user, "guardian of " + user[..Math.Min(user.Length, 50)]);
        foreach (var user in users)
            await LinkAsync("ward", "ward's " + user[..Math.Min(user.Length, 50)], expected: null);

        foreach (var user in users)
        {
            Assert.That(await Guardians.QueryGuardiansAsync(user, Now), Has.Count.EqualTo(1), user);
            Assert.That(await WardsAsync("guardian of " + user[..Math.Min(user.Length, 50)]), Has.Count.EqualTo(1), user);
        }
    }

    [Test]
    public async Task The_longest_names_are_kept_to_the_letter()
    {
        var family = string.Concat(Enumerable.Repeat("👨🏽‍👩🏽‍👧🏽‍👦🏽", 20));
        var accents = PersonName.Check(string.Concat(Enumerable.Repeat("a" + new string('\u0301', 11), 20)));
        await InviteAsync("ward", "secret", PersonName.Check(family));
        await AcceptAsync("guardian", "secret", accents);
        await InviteAsync("ward", "second", accents);
        await AcceptAsync("another", "second", family, Now + 1);

        Assert.That((await WardsAsync("guardian")).Single().Name, Is.EqualTo(family));
        Assert.That((await WardsAsync("another")).Single().Name, Is.EqualTo(accents));
        Assert.That((await Guardians.QueryGuardiansAsync("ward", Now)).Select(guardian => guardian.Name), Is.EqualTo(new[] { accents, family }));
    }

    [Test]
    public async Task An_erasure_that_fails_halfway_erases_nothing()
    {
        await InviteAsync("a", "secret");
        await ClockIns.AddAsync([new("a", Today, 1)]);
        await KeepClockInsAsync();

        await Assert.ThrowsAsync<FailureException>(() => Guardians.EraseAsync("a"));

        Assert.That(await Guardians.QueryGuardiansAsync("a", Now), Has.Count.EqualTo(1));
    }

    /// <summary>Has the store refuse to delete a clock-in.</summary>
    protected abstract Task KeepClockInsAsync();

    private protected IAlertRepository Alerts => (IAlertRepository)Guardians;

    private async Task<string> LinkAsync(
        string ward, string guardian, Acceptance? expected = Acceptance.Linked, string name = "我")
    {
        var secret = $"{ward} {guardian}";
        var id = await InviteAsync(ward, secret, name);
        var (acceptance, _) = await AcceptAsync(guardian, secret);
        if (expected is not null)
            Assert.That(acceptance, Is.EqualTo(expected));
        return id;
    }

    private async Task<string> ArmAsync(string ward, long now)
    {
        var id = await LinkAsync(ward, "guardian", name: ward);
        await Alerts.ArmAsync("guardian", id, now);
        return id;
    }

    private async Task<IEnumerable<string>> FindAsync(long now, int limit = 100)
        => (await Alerts.FindAsync(now, Today, limit)).Select(link => link.WardName);

    protected async Task<string> InviteAsync(string ward, string secret, string name = "我", long now = Now)
    {
        var id = $"id-{++_ids}";
        return await Guardians.AddAsync(new(id, ward, name, Hash(secret), End - Now + now), now) ? id : "refused";
    }

    protected Task<(Acceptance Acceptance, string? LinkId)> AcceptAsync(string guardian, string secret, string name = "我", long now = Now)
        => Guardians.AcceptAsync(Hash(secret), guardian, name, now);

    private async Task<IReadOnlyList<Ward>> WardsAsync(string guardian)
        => [.. (await Guardians.QueryWardsAsync([guardian], Today))[guardian]];

    private static byte[] Hash(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));
}

public sealed class MySqlGuardianRepositoryTests : GuardianRepositoryTests
{
    private FaultyProxy _proxy;
    private MySqlStore _store;
    private string _database;

    [SetUp]
    public void Open()
    {
        var settings = MySqlServer.NewDatabase();
        _database = settings["MYSQL_DATABASE"];
        _proxy = new(int.Parse(settings["MYSQL_ADDRESS"].Split(':')[1]));
        settings["MYSQL_ADDRESS"] = $"127.0.0.1:{_proxy.Port}";
        _store = MySqlServer.Store(settings);
        (Guardians, ClockIns) = (new MySqlGuardianRepository(_store), new MySqlClockInRepository(_store));
    }

    [TearDown]
    public async Task CloseAsync()
    {
        await _store.DisposeAsync();
        _proxy.Dispose();
    }

    [Test]
    public async Task A_sweep_finds_what_is_due_by_an_index()
    {
        await Guardians.QueryGuardiansAsync("ward", Now); // makes the table
        using var administrator = MySqlServer.Connect(_database);

        var plan = administrator.QuerySingle($"EXPLAIN SELECT `id` {WhatIsDue}");
        Assert.That(plan.key, Is.EqualTo("alert"));
        Assert.That(
            administrator.Query<string>(
                "SELECT COLUMN_NAME FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE() AND INDEX_NAME = 'alert' ORDER BY SEQ_IN_INDEX"),
            Is.EqualTo(new[] { "alert", "alertAt" }));
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(2)]
    [TestCase(3)]
    [TestCase(4)]
    public async Task Whichever_answer_is_lost_each_change_happens_once_and_whole(int lost)
    {
        await Guardians.QueryGuardiansAsync("ward", Now); // connects

        var id = await LosingAsync(lost, () => InviteAsync("ward", "secret"));
        Assert.That((await Guardians.QueryGuardiansAsync("ward", Now)).Select(each => each.Id), Is.EqualTo(new[] { id }));
        var (acceptance, link) = await LosingAsync(lost, () => AcceptAsync("guardian", "secret"));
        Assert.That((acceptance, link), Is.EqualTo((Acceptance.Linked, id)).Or.EqualTo((Acceptance.Repeated, id)));
        await InviteAsync("ward", "second");
        (acceptance, link) = await LosingAsync(lost, () => AcceptAsync("guardian", "second", "明明"));
        Assert.That((acceptance, link), Is.EqualTo((Acceptance.Renewed, id)).Or.EqualTo((Acceptance.Repeated, id)));
        Assert.That(await Guardians.QueryGuardiansAsync("ward", Now), Is.EqualTo(new[] { new Guardian(id, "明明", null) }));
        await ClockIns.AddAsync([new("ward", Today, 1)]);
        await LosingAsync(lost, () => Guardians.EraseAsync("ward"));
        Assert.That(await Guardians.QueryWardsAsync(["guardian"], Today), Is.Empty);
        Assert.That(await ClockIns.QueryLastAsync(["ward"], Today), Is.EqualTo(new ClockIn?[] { null }));
    }

    [TestCase(0)]
    [TestCase(1)]
    public async Task Whichever_answer_is_lost_what_became_of_messages_is_kept(int lost)
    {
        var ids = new List<string>();
        foreach (var ward in new[] { "told", "refused" })
        {
            ids.Add(await InviteAsync(ward, ward));
            await AcceptAsync("guardian", ward);
            await LosingAsync(lost, () => Alerts.ArmAsync("guardian", ids[^1], Now));
        }

        var mark = Guid.NewGuid();
        Assert.That(await LosingAsync(lost, () => Alerts.ClaimAsync(ids, mark, Now, Now + 60)), Is.EquivalentTo(ids));

        await LosingAsync(lost, () => Alerts.ReleaseAsync(mark, switchedOff: [ids[0]], kept: [ids[1]], lookAt: Now));

        Assert.That((await LosingAsync(lost, () => Alerts.FindAsync(Now, Today, 10))).Select(link => link.Id), Is.EqualTo(new[] { ids[1] }));
    }

    [TestCase(0)]
    [TestCase(1)]
    public async Task A_lost_answer_keeps_nobody_from_seeing_or_ending_links(int lost)
    {
        var id = await InviteAsync("ward", "secret");
        await AcceptAsync("guardian", "secret");

        Assert.That(await LosingAsync(lost, () => Guardians.QueryGuardiansAsync("ward", Now)), Has.Count.EqualTo(1));
        for (var i = 0; i < 10; i++) // as the first answer may be that to whether the connection lives
            Assert.That((await LosingAsync(i % 2, () => Guardians.QueryWardsAsync(["guardian"], Today)))["guardian"].Count(), Is.EqualTo(1));
        await LosingAsync(lost, () => Guardians.DeleteWardAsync("guardian", id));
        await LosingAsync(lost, () => Guardians.DeleteGuardianAsync("ward", id));

        Assert.That(await Guardians.QueryGuardiansAsync("ward", Now), Is.Empty);
    }

    [Test]
    public async Task Nothing_is_said_of_nobody_which_older_servers_do_not_understand()
    {
        var id = await InviteAsync("ward", "secret");
        var before = _proxy.Answers;

        await Alerts.ReleaseAsync(Guid.NewGuid(), switchedOff: [id], kept: [], lookAt: Now);

        Assert.That(_proxy.Answers - before, Is.EqualTo(1));
    }

    protected override async Task KeepClockInsAsync()
    {
        using var administrator = MySqlServer.Connect(_database);
        await administrator.ExecuteAsync("CREATE TRIGGER Keeping BEFORE DELETE ON ClockIns FOR EACH ROW SIGNAL SQLSTATE '45000'");
    }

    private Task LosingAsync(int lost, Func<Task> call)
        => LosingAsync(lost, async () =>
        {
            await call();
            return true;
        });

    /// <summary>Makes a call, of whose answers from the database one is lost on the way, unless there are fewer.</summary>
    private async Task<T> LosingAsync<T>(int lost, Func<Task<T>> call)
    {
        var answers = 0;
        _proxy.Forward((client, answer) => Interlocked.Increment(ref answers) == lost + 1
            ? FaultyProxy.Lost(client, answer)
            : FaultyProxy.Untouched(client, answer));
        var result = await call();
        _proxy.Forward(FaultyProxy.Untouched);
        return result;
    }
}

public sealed class UnusualDefaultsGuardianTests : GuardianRepositoryTests
{
    private UnusualMariaDb _server;
    private MySqlStore _store;

    [OneTimeSetUp]
    public void Start() => _server = UnusualMariaDb.Start();

    [OneTimeTearDown]
    public void Stop() => _server?.Dispose();

    [SetUp]
    public void Open()
    {
        _store = _server.NewStore();
        (Guardians, ClockIns) = (new MySqlGuardianRepository(_store), new MySqlClockInRepository(_store));
    }

    [TearDown]
    public async Task CloseAsync() => await _store.DisposeAsync();

    protected override Task KeepClockInsAsync()
    {
        _server.Execute("CREATE TRIGGER flask_demo.Keeping BEFORE DELETE ON flask_demo.ClockIns FOR EACH ROW SIGNAL SQLSTATE '45000'");
        return Task.CompletedTask;
    }

    // completion_type has the server begin another transaction whenever one ends.
    [Test]
    public async Task What_follows_a_transaction_is_committed_by_itself()
    {
        await Guardians.EraseAsync("user");
        await InviteAsync("ward", "secret");

        Assert.That(_server.Query<int>("SELECT COUNT(*) FROM flask_demo.Guardians"), Is.EqualTo(1));
    }
}

public sealed class SqliteGuardianRepositoryTests : GuardianRepositoryTests
{
    private SqliteStore _store;

    [SetUp]
    public void Open()
    {
        _store = Sqlite.Open(Path.Combine(Workspace.NewFolder(), "guardians.db"));
        (Guardians, ClockIns) = (new SqliteGuardianRepository(_store), new SqliteClockInRepository(_store));
    }

    [TearDown]
    public void Close() => _store.Dispose();

    protected override Task KeepClockInsAsync()
        => _store.RunAsync(connection => connection.Execute(
            "CREATE TRIGGER Keeping BEFORE DELETE ON ClockIns BEGIN SELECT RAISE(ABORT, 'kept'); END"));

    [Test]
    public async Task A_sweep_finds_what_is_due_by_an_index()
    {
        var plan = await _store.RunAsync(connection => connection.QuerySingle($"EXPLAIN QUERY PLAN SELECT id {WhatIsDue}"));

        Assert.That(plan.detail, Does.Contain("INDEX GuardiansToAlert (alert=? AND alertAt<?)"));
    }

    [TestCase("ward")]
    [TestCase("guardian")]
    public async Task Somebody_s_links_are_found_by_an_index(string side)
    {
        var plan = await _store.RunAsync(connection => connection.QuerySingle($"EXPLAIN QUERY PLAN SELECT id FROM Guardians WHERE {side} = x'61'"));

        Assert.That(plan.detail, Does.Contain($"({side}=?)"));
    }
}
