using Moq;
using SafeClockin.Domain;
using SafeClockin.Domain.Alerts;
using SafeClockin.Tests.Servers;

namespace SafeClockin.Tests.Domain;

/// <summary>Who is told, and what becomes of those who cannot be. On both stores and towards WeChat: Api/AlertTests.</summary>
public sealed class AlertServiceTests
{
    private const long Now = 1_795_478_399; // 2026-11-24T07:59:59+08:00, while it is the day before in UTC

    private static readonly DateOnly Today = new(2026, 11, 24);
    private static readonly TimeOnly TimeOfDay = new(7, 59, 59);

    private readonly SettableTime _time = new();
    private List<ArmedLink> _armed; // what the store finds, in order
    private List<(string[] SwitchedOff, string[] Kept)> _released;
    private List<(string Receiver, Alert Alert)> _sent;
    private Func<string, AlertResult> _answer;
    private Mock<IAlertRepository> _store;
    private Mock<IAlertSender> _sender;
    private AlertService _alerts;

    [SetUp]
    public void MakeService()
    {
        _time.Set(DateTimeOffset.FromUnixTimeSeconds(Now));
        (_armed, _released, _sent) = ([], [], []);
        _answer = _ => new(AlertOutcome.Sent);
        _store = new(MockBehavior.Strict);
        _store.Setup(s => s.FindAsync(Now, Today, 500)).ReturnsAsync(() => [.. _armed]);
        _store.Setup(s => s.ClaimAsync(It.IsAny<IReadOnlyCollection<string>>(), It.IsAny<Guid>(), Now, Now + 60))
            .ReturnsAsync((IReadOnlyCollection<string> ids, Guid _, long _, long _) => ids.ToHashSet());
        _store.Setup(s => s.ReleaseAsync(It.IsAny<Guid>(), It.IsAny<IReadOnlyCollection<string>>(), It.IsAny<IReadOnlyCollection<string>>(), Now + 1))
            .Callback((Guid _, IReadOnlyCollection<string> switchedOff, IReadOnlyCollection<string> kept, long _) =>
            {
                _released.Add(([.. switchedOff], [.. kept]));
                _armed.RemoveAll(link => switchedOff.Contains(link.Id) || kept.Contains(link.Id));
            })
            .Returns(Task.CompletedTask);
        _store.Setup(s => s.PostponeAsync(It.IsAny<IReadOnlyCollection<string>>(), Now, It.IsAny<long>()))
            .Callback((IReadOnlyCollection<string> ids, long _, long _) => _armed.RemoveAll(link => ids.Contains(link.Id)))
            .Returns(Task.CompletedTask);
        _store.Setup(s => s.CountAsync(Now + 60, Today, Today.AddDays(-1))).ReturnsAsync([]);
        _sender = new();
        _sender.Setup(s => s.IsConfigured).Returns(true);
        _sender.Setup(s => s.SendAsync(It.IsAny<string>(), It.IsAny<Alert>()))
            .Callback((string receiver, Alert alert) => _sent.Add((receiver, alert)))
            .ReturnsAsync((string receiver, Alert _) => _answer(receiver));
        _alerts = new(_store.Object, _sender.Object, TimeOfDay, _time);
    }

    [Test]
    public async Task A_guardian_is_told_of_a_whole_day_that_was_missed()
    {
        Arm("link", daysAgo: 3);

        var report = await SweepAsync();

        Assert.That(_sent, Is.EqualTo(new[] { ("guardian of link", new Alert("妈妈", Today.AddDays(-3), 2)) }));
        Assert.That(_released, Has.Count.EqualTo(1));
        Assert.That(_released[0].SwitchedOff, Is.EqualTo(new[] { "link" }));
        Assert.That(_released[0].Kept, Is.Empty);
        Assert.That((report.Sent, report.Failed, report.Left, report.Problems.Count), Is.EqualTo((1, 0, 0, 0)));
    }

    [TestCase(0, "2026-11-26")]
    [TestCase(1, "2026-11-25")]
    [TestCase(null, "2026-11-26")] // the ward has never clocked in, and may begin today
    public async Task A_link_is_not_looked_at_again_before_it_can_be_due(int? daysAgo, string day)
    {
        Arm("link", daysAgo);
        Arm("another", daysAgo);

        await SweepAsync();

        var until = DateTimeOffset.Parse($"{day}T00:00:00+08:00").ToUnixTimeSeconds();
        _store.Verify(s => s.PostponeAsync(new[] { "link", "another" }, Now, until), Times.Once);
        Assert.That(_sent, Is.Empty);
        Assert.That(_released, Is.Empty);
    }

    [Test, NonParallelizable]
    public async Task Nobody_is_told_before_the_time_of_day()
    {
        Arm("link", daysAgo: 3);
        _time.Set(DateTimeOffset.FromUnixTimeSeconds(Now - 1));
        using var measured = new Measurements("SafeClockin.Alerts");

        var report = await SweepAsync();

        Assert.That((report.Sent, report.Left), Is.EqualTo((0, 0)));
        Assert.That(measured.Lines, Is.SupersetOf(new[] { "safeclockin.alert.due 0 {message}", "safeclockin.alert.oldest_due 0 s" }), "not as last evening");
        _store.VerifyNoOtherCalls();
    }

    [TestCase(AlertOutcome.Sent, false, 1, 0)]
    [TestCase(AlertOutcome.Unwanted, false, 0, 0)]
    [TestCase(AlertOutcome.Undeliverable, false, 0, 0)]
    [TestCase(AlertOutcome.Misconfigured, true, 0, 1)]
    [TestCase(AlertOutcome.Failed, true, 0, 1)]
    public async Task A_message_that_may_still_arrive_is_kept_and_any_other_is_not(AlertOutcome outcome, bool isKept, int sent, int failed)
    {
        Arm("link", daysAgo: 2);
        _answer = _ => new(outcome);

        var report = await SweepAsync();

        Assert.That((report.Sent, report.Failed), Is.EqualTo((sent, failed)));
        Assert.That(isKept ? _released.Single().Kept : _released.Single().SwitchedOff, Is.EqualTo(new[] { "link" }));
    }

    [Test]
    public async Task Problems_are_reported_by_their_causes_with_a_detail_of_the_first()
    {
        ArmMany(4);
        _answer = receiver => receiver[^1] switch
        {
            '0' => new(AlertOutcome.Failed, "a cause", "first"),
            '1' => new(AlertOutcome.Failed, "a cause", "second"),
            '2' => new(AlertOutcome.Misconfigured, "a cause", "third"),
            _ => new(AlertOutcome.Sent),
        };

        var report = await SweepAsync();

        Assert.That(report.Problems, Is.EquivalentTo(new SweepProblem[]
        {
            new(AlertOutcome.Failed, "a cause", "first", 2), new(AlertOutcome.Misconfigured, "a cause", "third", 1),
        }));
    }

    [Test]
    public async Task All_that_are_due_are_told_a_batch_at_a_time()
    {
        ArmMany(2 * AlertService.BatchSize + 1);

        Assert.That((await SweepAsync()).Sent, Is.EqualTo(33));
        Assert.That(_released.Select(batch => batch.SwitchedOff.Length), Is.EqualTo(new[] { 16, 16, 1 }));
    }

    [Test]
    public async Task A_batch_is_claimed_for_a_minute_however_long_those_before_it_have_taken()
    {
        ArmMany(2 * AlertService.BatchSize);
        var claimedUntil = new List<long>();
        _store.Setup(s => s.ClaimAsync(It.IsAny<IReadOnlyCollection<string>>(), It.IsAny<Guid>(), Now, It.IsAny<long>()))
            .Callback((IReadOnlyCollection<string> _, Guid _, long _, long until) => claimedUntil.Add(until))
            .ReturnsAsync((IReadOnlyCollection<string> ids, Guid _, long _, long _) => ids.ToHashSet());
        _store.Setup(s => s.CountAsync(Now + 300 + 60, Today, Today.AddDays(-1))).ReturnsAsync([]);
        _answer = _ =>
        {
            _time.Set(DateTimeOffset.FromUnixTimeSeconds(Now + 300));
            return new(AlertOutcome.Sent);
        };

        await SweepAsync();

        Assert.That(claimedUntil, Is.EqualTo(new[] { Now + 60, Now + 300 + 60 }));
    }

    [Test]
    public async Task A_batch_of_which_WeChat_takes_none_is_the_last_and_one_of_which_it_takes_some_is_not()
    {
        ArmMany(3 * AlertService.BatchSize);
        _answer = receiver => new(_sent.Count > AlertService.BatchSize || receiver[^1] == '5' ? AlertOutcome.Failed : AlertOutcome.Sent);

        var report = await SweepAsync();

        Assert.That(_released, Has.Count.EqualTo(2));
        Assert.That((report.Sent, report.Failed), Is.EqualTo((14, 18)));
    }

    [Test]
    public async Task Those_who_come_later_are_not_held_up_by_a_page_of_which_none_is_due()
    {
        for (var i = 0; i < 500; i++)
            Arm($"{i}", daysAgo: 0);
        Arm("link", daysAgo: 2);
        _store.Setup(s => s.FindAsync(Now, Today, 500)).ReturnsAsync(() => [.. _armed.Take(500)]);

        Assert.That((await SweepAsync()).Sent, Is.EqualTo(1));
    }

    [Test]
    public async Task What_another_sweeper_has_claimed_is_left_to_it()
    {
        Arm("mine", daysAgo: 2);
        Arm("another's", daysAgo: 2);
        _store.SetupSequence(s => s.ClaimAsync(It.IsAny<IReadOnlyCollection<string>>(), It.IsAny<Guid>(), Now, Now + 60))
            .ReturnsAsync(new HashSet<string> { "mine" })
            .ReturnsAsync(() =>
            {
                _armed.Clear(); // the other one is done
                return new HashSet<string>();
            });

        Assert.That((await SweepAsync()).Sent, Is.EqualTo(1));
        Assert.That(_sent.Select(sent => sent.Receiver), Is.EqualTo(new[] { "guardian of mine" }));
        Assert.That(_released.Single().SwitchedOff, Is.EqualTo(new[] { "mine" }));
    }

    [Test]
    public async Task A_sweep_that_is_stopped_finishes_its_batch_and_begins_no_other()
    {
        ArmMany(2 * AlertService.BatchSize);
        using var stop = new CancellationTokenSource();
        _answer = _ =>
        {
            stop.Cancel();
            return new(AlertOutcome.Sent);
        };

        Assert.That((await _alerts.SweepAsync(stop.Token)).Sent, Is.EqualTo(AlertService.BatchSize));
        Assert.That(_released.Single().SwitchedOff, Has.Length.EqualTo(AlertService.BatchSize));
    }

    [Test, NonParallelizable]
    public async Task What_is_still_due_is_counted_and_for_how_long_it_has_been()
    {
        _store.Setup(s => s.CountAsync(Now + 60, Today, Today.AddDays(-1))).ReturnsAsync(
        [
            new(Today.AddDays(-4), 2, Now - 3_600), // due since two days, and armed an hour ago
            new(Today.AddDays(-3), 3, 0), // due since yesterday at nine
        ]);
        using var measured = new Measurements("SafeClockin.Alerts");

        Assert.That((await SweepAsync()).Left, Is.EqualTo(5));
        Assert.That(
            measured.Lines,
            Is.EqualTo(new[]
            {
                "safeclockin.alert.messages 0 {message} outcome=sent", "safeclockin.alert.messages 0 {message} outcome=refused", "safeclockin.alert.messages 0 {message} outcome=failed",
                "safeclockin.alert.due 5 {message}", "safeclockin.alert.oldest_due 86400 s",
            }));
    }

    [Test, NonParallelizable]
    public async Task Messages_are_measured_by_what_became_of_them()
    {
        ArmMany(6);
        _answer = receiver => new(receiver[^1] switch { '0' => AlertOutcome.Unwanted, '1' or '2' => AlertOutcome.Failed, _ => AlertOutcome.Sent });
        using var measured = new Measurements("SafeClockin.Alerts");

        await SweepAsync();

        Assert.That(
            measured.Lines,
            Is.EqualTo(new[]
            {
                "safeclockin.alert.messages 3 {message} outcome=sent", "safeclockin.alert.messages 1 {message} outcome=refused", "safeclockin.alert.messages 2 {message} outcome=failed",
                "safeclockin.alert.due 0 {message}", "safeclockin.alert.oldest_due 0 s",
            }));
    }

    [Test]
    public async Task A_link_is_armed_from_now_on()
    {
        _store.Setup(s => s.ArmAsync("oGuardian", "link", Now)).Returns(Task.CompletedTask);

        await _alerts.ArmAsync("oGuardian", "link");

        _store.Verify(s => s.ArmAsync("oGuardian", "link", Now), Times.Once);
        Assert.That((await Refusal(() => _alerts.ArmAsync(new string('x', 65), "link"))).Message, Is.EqualTo("用户标识无效"));
    }

    [Test]
    public async Task Without_its_settings_nothing_is_armed_or_sent()
    {
        _sender.Setup(s => s.IsConfigured).Returns(false);
        _sender.Setup(s => s.ConfigurationErrors).Returns(["an error"]);

        Assert.That((_alerts.IsConfigured, _alerts.ConfigurationErrors.Single()), Is.EqualTo((false, "an error")));
        Assert.That((await Refusal(() => _alerts.ArmAsync("oGuardian", "link"))).Message, Is.EqualTo("提醒未配置"));
        Assert.That((await Refusal(SweepAsync)).Message, Is.EqualTo("提醒未配置"));
        _store.VerifyNoOtherCalls();
    }

    private void Arm(string id, int? daysAgo)
        => _armed.Add(new() { Id = id, Guardian = $"guardian of {id}", WardName = "妈妈", LastDay = daysAgo is { } days ? Today.AddDays(-days) : null });

    private void ArmMany(int count)
    {
        for (var i = 0; i < count; i++)
            Arm($"{i}", daysAgo: 2);
    }

    private async Task<SweepReport> SweepAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        var report = await _alerts.SweepAsync(patience.Token);
        Assert.That(patience.IsCancellationRequested, Is.False, "it comes to its end by itself");
        return report;
    }

    private static async Task<FailureException> Refusal(Func<Task> call)
    {
        var failure = await Assert.ThrowsAsync<FailureException>(() => call());
        Assert.That(failure.Kind, Is.EqualTo(FailureKind.Refused));
        return failure;
    }
}
