using System.Security.Cryptography;
using System.Text;
using Moq;
using SafeClockin.Domain;
using SafeClockin.Domain.ClockIns;
using SafeClockin.Domain.Guardians;
using SafeClockin.Tests.Servers;

namespace SafeClockin.Tests.Domain;

public sealed class GuardianServiceTests
{
    private const string User = "oUser-1";
    private const long Now = 1_795_478_399; // 2026-11-24T07:59:59+08:00, while it is the day before in UTC

    private static readonly DateOnly Today = new(2026, 11, 24);

    private SettableTime _time;
    private Mock<IGuardianRepository> _store;
    private GuardianService _guardians;

    [SetUp]
    public void MakeService()
    {
        _time = new();
        _time.Set(DateTimeOffset.FromUnixTimeSeconds(Now));
        _store = new(MockBehavior.Strict);
        _guardians = new(_store.Object, _time);
    }

    [Test]
    public async Task An_invitation_is_128_random_bits_of_which_the_hash_is_kept_for_72_hours()
    {
        Invitation? kept = null;
        _store.Setup(s => s.AddAsync(It.IsAny<Invitation>(), Now)).Callback((Invitation invitation, long _) => kept = invitation).ReturnsAsync(true);

        var (first, secret) = await _guardians.InviteAsync(User, " 妈妈 ");
        Assert.That(first, Is.SameAs(kept));
        Assert.That((first.Ward, first.WardName, first.ExpiresAt, first.Guardian), Is.EqualTo((User, "妈妈", Now + 259_200, (string?)null)));
        Assert.That(first.SecretHash, Is.EqualTo(SHA256.HashData(Encoding.UTF8.GetBytes(secret))));
        var (second, other) = await _guardians.InviteAsync(User, "妈妈");
        Assert.That(new[] { first.Id, secret, second.Id, other }, Is.Unique.And.All.Match("^[A-Za-z0-9_-]{22}$"));
    }

    [TestCase(Acceptance.Invalid, "邀请已失效")]
    [TestCase(Acceptance.Own, "不能守护自己")]
    [TestCase(Acceptance.Full, "守护的人已达上限")]
    public async Task An_acceptance_that_comes_to_nothing_is_refused_in_words(Acceptance acceptance, string words)
    {
        _store.Setup(s => s.AcceptAsync(It.IsAny<byte[]>(), User, "小明", Now)).ReturnsAsync((acceptance, null));

        await RefusedAsync(words, () => _guardians.AcceptAsync(User, "secret", "小明"));
    }

    [Test]
    public async Task Wards_come_longest_missing_first_and_then_by_name()
    {
        Ward Missing(int days, string name, string id) => new(id, name, new ClockIn(Today.AddDays(-1 - days), 1, 1), false);
        var wards = new[] { Missing(0, "b", "1"), Missing(2, "a", "3"), Missing(2, "a", "2"), Missing(0, "B", "4"), Missing(9, "z", "5") };
        _store.Setup(s => s.QueryWardsAsync(It.IsAny<IReadOnlyCollection<string>>(), Today)).ReturnsAsync(wards.ToLookup(_ => User));

        var seen = await _guardians.GetWardsAsync(User);

        Assert.That(seen.Select(each => each.Ward.Id), Is.EqualTo(new[] { "5", "2", "3", "4", "1" }));
        Assert.That(seen.Select(each => each.State.MissedDays), Is.EqualTo(new[] { 9, 2, 2, 0, 0 }));
    }

    [Test]
    public async Task Who_looks_while_others_do_shares_their_query_on_the_same_day_and_sees_no_wards_but_their_own()
    {
        var first = new TaskCompletionSource<ILookup<string, Ward>>();
        var asked = new List<string>();
        _store.Setup(s => s.QueryWardsAsync(It.IsAny<IReadOnlyCollection<string>>(), It.IsAny<DateOnly>()))
            .Returns((IReadOnlyCollection<string> guardians, DateOnly day) =>
            {
                asked.Add($"{day:yyyy-MM-dd} {string.Join(' ', guardians.Order())}");
                return asked.Count == 1 ? first.Task : Task.FromResult(guardians.ToLookup(each => each, each => new Ward(each, each, null, false)));
            });

        var looks = new List<Task<IReadOnlyList<(Ward Ward, ClockInState State)>>> { _guardians.GetWardsAsync("a") };
        looks.AddRange([_guardians.GetWardsAsync("b"), _guardians.GetWardsAsync("c"), _guardians.GetWardsAsync("b")]);
        _time.Set(DateTimeOffset.FromUnixTimeSeconds(Now).AddDays(1));
        looks.Add(_guardians.GetWardsAsync("d"));
        first.SetResult(new[] { new Ward("a", "a", null, false) }.ToLookup(_ => "a"));

        Assert.That(
            (await Task.WhenAll(looks)).Select(wards => wards.Single().Ward.Id), Is.EqualTo(new[] { "a", "b", "c", "b", "d" }));
        Assert.That(asked, Is.EqualTo(new[] { "2026-11-24 a", "2026-11-24 b c", "2026-11-25 d" }));
    }

    [TestCase(Acceptance.Linked)]
    [TestCase(Acceptance.Renewed)]
    [TestCase(Acceptance.Repeated)]
    public async Task Who_has_accepted_is_told_how_things_stand_with_their_ward(Acceptance acceptance)
    {
        var ward = new Ward("link", "妈妈", new ClockIn(Today.AddDays(-3), 7, 1), false);
        var hash = SHA256.HashData("secret"u8);
        _store.Setup(s => s.AcceptAsync(hash, User, "小明", Now)).ReturnsAsync((acceptance, "link"));
        Watches(new("other", "x", null, false), ward);

        Assert.That(await _guardians.AcceptAsync(User, "secret", " 小明"), Is.EqualTo((ward, new ClockInState(Today, null, 0, 2))));
    }

    [Test]
    public async Task A_link_that_was_ended_in_the_moment_of_its_acceptance_is_none()
    {
        _store.Setup(s => s.AcceptAsync(It.IsAny<byte[]>(), User, "小明", Now)).ReturnsAsync((Acceptance.Linked, "link"));
        Watches(new Ward("other", "x", null, false));

        await RefusedAsync("邀请已失效", () => _guardians.AcceptAsync(User, "secret", "小明"));
    }

    [Test]
    public async Task A_place_too_few_and_a_name_that_is_none_are_refused()
    {
        _store.Setup(s => s.AddAsync(It.IsAny<Invitation>(), Now)).ReturnsAsync(false);

        await RefusedAsync("守护人已达上限", () => _guardians.InviteAsync(User, "妈妈"));
        await RefusedAsync("名字应为1到20个字", () => _guardians.InviteAsync(User, " "));
        await RefusedAsync("名字应为1到20个字", () => _guardians.AcceptAsync(User, "secret", null));
    }

    [Test]
    public async Task An_openid_that_no_store_keeps_is_refused_by_everything()
    {
        var openId = new string('x', 65);
        foreach (var call in new Func<Task>[]
        {
            () => _guardians.InviteAsync(openId, "x"), () => _guardians.GetGuardiansAsync(openId), () => _guardians.EndGuardianAsync(openId, "id"),
            () => _guardians.AcceptAsync(openId, "secret", "x"), () => _guardians.GetWardsAsync(openId), () => _guardians.EndWardAsync(openId, "id"),
            () => _guardians.EraseAsync(openId),
        })
        {
            await RefusedAsync("用户标识无效", call);
        }
    }

    [TestCase(null, 99, 0, Acceptance.Invalid, Description = "there is none")]
    [TestCase("guardian", 0, 50, Acceptance.Repeated)]
    [TestCase("other", 99, 0, Acceptance.Invalid)]
    [TestCase("", 10, 0, Acceptance.Invalid, Description = "expired")]
    [TestCase("", 11, 0, Acceptance.Linked)]
    [TestCase("", 11, 49, Acceptance.Linked)]
    [TestCase("", 11, 50, Acceptance.Full)]
    public void An_invitation_is_judged_by_who_has_accepted_it_by_time_and_by_number(string? acceptedBy, long expiresAt, int wards, Acceptance acceptance)
    {
        var invitation = acceptedBy is null ? null
            : new Invitation("id", "ward", "妈妈", [], expiresAt, acceptedBy.Length > 0 ? acceptedBy : null);
        string[] others = [.. Enumerable.Range(0, wards).Select(i => $"{i}")];

        Assert.That(Invitation.Judge(invitation, "guardian", others, now: 10), Is.EqualTo(acceptance));
    }

    [Test]
    public void A_ward_that_is_watched_over_already_needs_no_further_place_and_oneself_none()
    {
        var invitation = new Invitation("id", "ward", "妈妈", [], ExpiresAt: 11);
        string[] wards = [.. Enumerable.Range(0, 49).Select(i => $"{i}"), "ward"];

        Assert.That(Invitation.Judge(invitation, "guardian", wards, now: 10), Is.EqualTo(Acceptance.Renewed));
        Assert.That(Invitation.Judge(invitation, "ward", wards, now: 10), Is.EqualTo(Acceptance.Own));
    }

    private void Watches(params Ward[] wards)
        => _store.Setup(s => s.QueryWardsAsync(new HashSet<string> { User }, Today)).ReturnsAsync(wards.ToLookup(_ => User));

    private static async Task RefusedAsync(string words, Func<Task> call)
    {
        var refusal = await Assert.ThrowsAsync<FailureException>(() => call());
        Assert.That((refusal.Kind, refusal.Message), Is.EqualTo((FailureKind.Refused, words)));
    }
}
