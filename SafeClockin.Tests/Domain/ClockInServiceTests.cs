using Moq;
using SafeClockin.Domain;
using SafeClockin.Domain.ClockIns;
using SafeClockin.Tests.Servers;

namespace SafeClockin.Tests.Domain;

public sealed class ClockInServiceTests
{
    private const string User = "oUser-1";

    private Mock<TimeProvider> _time;
    private Mock<IClockInRepository> _store;
    private ClockInService _clockIns;

    [SetUp]
    public void MakeService()
    {
        _time = new() { CallBase = true };
        _store = new(MockBehavior.Strict);
        _clockIns = new(_store.Object, _time.Object);
        ItIs("2026-11-24T12:00:00+08:00");
    }

    [TestCase("2026-11-23T15:59:59.999Z", "2026-11-23")]
    [TestCase("2026-11-23T16:00:00Z", "2026-11-24")]
    [TestCase("2026-11-24T00:00:00+08:00", "2026-11-24")]
    [TestCase("2026-12-31T16:00:00Z", "2027-01-01")]
    [TestCase("1986-07-01T16:30:00Z", "1986-07-02", Description = "China had summer time then; the calendar has none")]
    public async Task A_day_begins_at_midnight_in_China(string moment, string day)
    {
        ItIs(moment);
        _store.Setup(s => s.AddAsync(It.IsAny<IReadOnlyList<Tap>>()))
            .ReturnsAsync((IReadOnlyList<Tap> taps) => [.. taps.Select(tap => ClockIn.From(tap, null))]);

        var state = await _clockIns.ClockInAsync(User);

        Assert.That(state, Is.EqualTo(new ClockInState(Day(day), DateTimeOffset.Parse(moment).ToUnixTimeSeconds(), 1, 0)));
    }

    [Test]
    public async Task A_tap_that_is_kept_after_midnight_is_told_as_it_was_made()
    {
        ItIs("2026-11-23T23:59:59+08:00");
        _store.Setup(s => s.AddAsync(It.IsAny<IReadOnlyList<Tap>>())).ReturnsAsync((IReadOnlyList<Tap> taps) =>
        {
            ItIs("2026-11-24T00:00:01+08:00");
            return [.. taps.Select(tap => ClockIn.From(tap, null))];
        });

        var state = await _clockIns.ClockInAsync(User);

        Assert.That(state.Day, Is.EqualTo(Day("2026-11-23")));
        Assert.That(state.ClockedInAt, Is.EqualTo(DateTimeOffset.Parse("2026-11-23T23:59:59+08:00").ToUnixTimeSeconds()));
    }

    [Test]
    public void A_clock_in_goes_on_from_the_day_before()
    {
        var tap = new Tap(User, Day("2026-11-24"), 7);

        Assert.That(ClockIn.From(tap, new ClockIn(Day("2026-11-23"), 1, 9)), Is.EqualTo(new ClockIn(Day("2026-11-24"), 7, 10)));
        Assert.That(ClockIn.From(tap, null).Streak, Is.EqualTo(1));
        Assert.That(ClockIn.From(tap, new(Day("2026-11-23"), 0, 3_999)).Streak, Is.EqualTo(4_000));
    }

    [TestCase(null, null, null, 0, 0, Description = "never")]
    [TestCase("2026-11-24", 9, 9L, 9, 0, Description = "today")]
    [TestCase("2026-11-23", 9, null, 9, 0, Description = "yesterday: today is still open")]
    [TestCase("2026-11-22", 9, null, 0, 1)]
    [TestCase("2026-10-25", 9, null, 0, 29)]
    [TestCase("2024-02-28", 9, null, 0, 999)]
    public async Task The_last_clock_in_tells_how_things_stand_today(
        string? last, int? streakThen, long? clockedInAt, int streak, int missedDays)
    {
        _store.Setup(s => s.QueryLastAsync(new[] { User }, Day("2026-11-24")))
            .ReturnsAsync([last is null ? null : new ClockIn(Day(last), 9, streakThen!.Value)]);

        Assert.That(
            await _clockIns.GetStateAsync(User),
            Is.EqualTo(new ClockInState(Day("2026-11-24"), clockedInAt, streak, missedDays)));
    }

    [Test]
    public void Days_are_counted_over_the_ends_of_months_and_years()
    {
        var days = Enumerable.Range(0, 2 * 366).Select(Day("2027-01-01").AddDays); // until after a leap year
        foreach (var last in days.Select(day => new ClockIn(day, 7, 3)))
        {
            var states = Enumerable.Range(0, 70).Select(later => ClockInState.From(last, last.Day.AddDays(later)));
            Assert.That(
                states.Select(state => (state.ClockedInAt, state.Streak, state.MissedDays)),
                Is.EqualTo([(7L, 3, 0), (null, 3, 0), .. Enumerable.Range(1, 68).Select(missed => ((long?)null, 0, missed))]),
                last.Day.ToString());
        }
    }

    [TestCase(null, "2026-11-01", "2026-11-30", Description = "this month")]
    [TestCase("", "2026-11-01", "2026-11-30")]
    [TestCase("2026-11", "2026-11-01", "2026-11-30")]
    [TestCase("2028-02", "2028-02-01", "2028-02-29")]
    [TestCase("2026-12", "2026-12-01", "2026-12-31")]
    [TestCase("9999-12", "9999-12-01", "9999-12-31")]
    public async Task A_month_is_asked_for_from_its_first_to_its_last_day(string? month, string first, string last)
    {
        var days = new[] { new ClockIn(Day(first), 1, 1) };
        _store.Setup(s => s.QueryDaysAsync(User, Day(first), Day(last))).ReturnsAsync(days);

        Assert.That(await _clockIns.GetDaysAsync(User, month), Is.EqualTo(days));
    }

    [Test]
    public async Task This_month_begins_with_its_first_day_in_China()
    {
        ItIs("2026-12-01T07:59:59+08:00");
        _store.Setup(s => s.QueryDaysAsync(User, Day("2026-12-01"), Day("2026-12-31"))).ReturnsAsync([new(Day("2026-12-01"), 1, 1)]);

        Assert.That(await _clockIns.GetDaysAsync(User, null), Has.Count.EqualTo(1));
    }

    [TestCase("2026-13")]
    [TestCase("2026-00")]
    [TestCase("0000-01")]
    [TestCase("2026-1")]
    [TestCase("26-11")]
    [TestCase("2026-11-24")]
    [TestCase(" 2026-11")]
    [TestCase("2026-11 ")]
    [TestCase("2026/11")]
    [TestCase("٢٠٢٦-١١")]
    [TestCase("２０２６-１１")]
    [TestCase("now")]
    [TestCase("' OR 1=1 --")]
    public void A_month_that_is_none_is_refused(string month)
        => Assert.That(
            () => _clockIns.GetDaysAsync(User, month),
            Throws.TypeOf<FailureException>().With.Message.EqualTo("月份参数错误"));

    [TestCase(65)]
    [TestCase(4_000)]
    public async Task An_openid_that_no_store_keeps_is_refused_by_everything(int length)
    {
        var openId = new string('x', length);
        foreach (var call in new Func<Task>[]
        {
            () => _clockIns.GetStateAsync(openId), () => _clockIns.ClockInAsync(openId),
            () => _clockIns.GetDaysAsync(openId, null),
        })
        {
            var refusal = await Assert.ThrowsAsync<FailureException>(() => call());
            Assert.That((refusal.Kind, refusal.Message), Is.EqualTo((FailureKind.Refused, "用户标识无效")));
        }
    }

    [Test]
    public async Task An_openid_is_measured_in_bytes_and_has_to_be_text()
    {
        _store.Setup(s => s.QueryLastAsync(It.IsAny<IReadOnlyList<string>>(), It.IsAny<DateOnly>())).ReturnsAsync([null]);
        await _clockIns.GetStateAsync(new string('中', 21) + "x");

        await Assert.ThrowsAsync<FailureException>(() => _clockIns.GetStateAsync(new string('中', 22)));
        await Assert.ThrowsAsync<FailureException>(() => _clockIns.GetStateAsync("a\ud800"));
    }

    [Test]
    public async Task Taps_that_arrive_while_a_batch_is_kept_share_the_next_and_a_failed_batch_fails_its_own_alone()
    {
        var batches = new Queue<TaskCompletionSource<IReadOnlyList<ClockIn>>>();
        var sizes = new List<int>();
        _store.Setup(s => s.AddAsync(It.IsAny<IReadOnlyList<Tap>>())).Returns((IReadOnlyList<Tap> taps) =>
        {
            lock (batches)
            {
                sizes.Add(taps.Count);
                batches.Enqueue(new(TaskCreationOptions.RunContinuationsAsynchronously));
                return batches.Last().Task;
            }
        });

        var first = _clockIns.ClockInAsync("a");
        var others = Enumerable.Range(0, 5).Select(i => _clockIns.ClockInAsync($"{i}")).ToList();
        batches.Dequeue().SetException(FailureException.StoreUnavailable(new TimeoutException()));
        await Assert.ThrowsAsync<FailureException>(() => first);
        SpinWait.SpinUntil(() => { lock (batches) { return batches.Count > 0; } }, TimeSpan.FromSeconds(10));
        batches.Dequeue().SetResult([.. Enumerable.Range(0, 5).Select(i => new ClockIn(Day("2026-11-24"), i, i + 1))]);

        Assert.That((await Task.WhenAll(others)).Select(state => state.Streak), Is.EqualTo(new[] { 1, 2, 3, 4, 5 }));
        Assert.That(sizes, Is.EqualTo(new[] { 1, 5 }));
    }

    [Test]
    public async Task Readers_that_share_a_query_are_each_answered_what_is_their_own_and_days_are_not_mixed()
    {
        var running = new TaskCompletionSource<IReadOnlyList<ClockIn?>>();
        _store.Setup(s => s.QueryLastAsync(new[] { "first" }, Day("2026-11-24"))).Returns(running.Task);
        _store.Setup(s => s.QueryLastAsync(It.Is<IReadOnlyList<string>>(ids => ids.Contains("a")), Day("2026-11-24")))
            .ReturnsAsync((IReadOnlyList<string> ids, DateOnly day) => [.. ids.Select(id => id == "a" ? new ClockIn(day, 7, 3) : null)]);
        _store.Setup(s => s.QueryLastAsync(new[] { "c" }, Day("2026-11-25")))
            .ReturnsAsync([new(Day("2026-11-24"), 8, 5)]);

        var first = _clockIns.GetStateAsync("first");
        var today = new[] { "a", "a", "b" }.Select(_clockIns.GetStateAsync).ToList(); // one of them on two phones
        ItIs("2026-11-25T00:00:00+08:00");
        var tomorrow = _clockIns.GetStateAsync("c");
        running.SetResult([null]);

        await first;
        ClockInState ofA = new(Day("2026-11-24"), 7, 3, 0);
        Assert.That(await Task.WhenAll(today), Is.EqualTo(new[] { ofA, ofA, new(Day("2026-11-24"), null, 0, 0) }));
        Assert.That(await tomorrow, Is.EqualTo(new ClockInState(Day("2026-11-25"), null, 5, 0)));
    }

    [Test, NonParallelizable]
    public async Task Every_tap_that_was_answered_is_measured_and_how_many_shared_a_commit()
    {
        var first = new TaskCompletionSource<IReadOnlyList<ClockIn>>();
        ClockIn done = new(Day("2026-11-24"), 1, 1);
        _store.Setup(s => s.AddAsync(It.Is<IReadOnlyList<Tap>>(taps => taps.Count == 1))).Returns(first.Task);
        _store.Setup(s => s.AddAsync(It.Is<IReadOnlyList<Tap>>(taps => taps.Count == 2))).ReturnsAsync([done, done]);
        using var measured = new Measurements("SafeClockin.ClockIns");

        var taps = new[] { User, "a", "b" }.Select(_clockIns.ClockInAsync).ToList();
        first.SetResult([done]);
        await Task.WhenAll(taps);
        _store.Setup(s => s.AddAsync(It.Is<IReadOnlyList<Tap>>(taps => taps.Count == 1))).ThrowsAsync(FailureException.StoreUnavailable(new TimeoutException()));
        await Assert.ThrowsAsync<FailureException>(() => _clockIns.ClockInAsync(User));

        Assert.That(measured.Lines, Is.EqualTo(new[]
        {
            "safeclockin.clockin.taps 1 {tap}", "safeclockin.clockin.commit.size 1 {tap}",
            "safeclockin.clockin.taps 2 {tap}", "safeclockin.clockin.commit.size 2 {tap}",
        }));
        Assert.That(measured.LargestBucket<int>(), Is.EqualTo(1_024), "as many as a commit takes at most");
    }

    private static DateOnly Day(string day) => DateOnly.Parse(day);

    private void ItIs(string moment) => _time.Setup(time => time.GetUtcNow()).Returns(DateTimeOffset.Parse(moment));
}
