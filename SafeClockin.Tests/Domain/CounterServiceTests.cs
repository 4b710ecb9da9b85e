using System.Diagnostics;
using Moq;
using SafeClockin.Domain;
using SafeClockin.Domain.Counters;
using SafeClockin.Tests.Servers;

namespace SafeClockin.Tests.Domain;

public sealed class CounterServiceTests
{
    private const int WaitingLimit = 4_096;
    private const int BatchLimit = 1_024;

    private readonly List<string> _statements = [];
    private readonly Queue<TaskCompletionSource> _held = [];
    private Mock<TimeProvider> _time;
    private long? _count;
    private long _ceiling;
    private CounterService _counter;

    /// <summary>A store that notes each statement when it begins and carries it out when the test lets it.</summary>
    [SetUp]
    public void MakeStore()
    {
        _statements.Clear();
        _held.Clear();
        _count = null;
        _ceiling = long.MaxValue;
        _time = new() { CallBase = true };
        var store = new Mock<ICounterRepository>(MockBehavior.Strict);
        store.Setup(s => s.QueryCounterByIdAsync(1)).Returns(() => RunAsync("read", () => _count));
        store.Setup(s => s.ClearCounterByIdAsync(1)).Returns(() => RunAsync("clear", () => _count = 0));
        store.Setup(s => s.IncreaseCounterByIdAsync(1, It.IsAny<long>())).Returns((int _, long by) => RunAsync(
            $"+{by}",
            () =>
            {
                var before = _count ?? 0;
                _count = Math.Min(before + by, _ceiling);
                return new Increase(before, _count.Value);
            }));
        _counter = new(store.Object, _time.Object);
    }

    [Test]
    public async Task A_counter_without_a_row_stands_at_zero()
        => Assert.That(await _counter.GetAsync(), Is.Zero);

    [Test]
    public async Task A_counter_stands_where_its_row_says()
    {
        _count = 42;

        Assert.That(await _counter.GetAsync(), Is.EqualTo(42));
    }

    [Test]
    public async Task An_increment_answers_the_value_it_produced_and_a_clear_answers_zero()
    {
        Assert.That(await _counter.IncrementAsync(), Is.EqualTo(1));
        Assert.That(await _counter.IncrementAsync(), Is.EqualTo(2));
        Assert.That(await _counter.ClearAsync(), Is.Zero);
        Assert.That(await _counter.IncrementAsync(), Is.EqualTo(1));
    }

    [Test]
    public async Task Increments_that_arrive_while_a_statement_runs_share_the_next_in_the_order_of_their_arrival()
    {
        var running = Hold();
        var first = _counter.IncrementAsync();
        await BegunAsync(1);
        var others = Enumerable.Range(0, 5).Select(_ => _counter.IncrementAsync()).ToList();
        running.SetResult();

        Assert.That(await first, Is.EqualTo(1));
        Assert.That(await Task.WhenAll(others), Is.EqualTo(new[] { 2, 3, 4, 5, 6 }));
        Assert.That(_statements, Is.EqualTo(new[] { "+1", "+5" }));
    }

    [Test]
    public async Task A_clear_keeps_its_place_between_the_increments_around_it()
    {
        var running = Hold();
        var first = _counter.IncrementAsync();
        await BegunAsync(1);
        var later = new[]
        {
            _counter.IncrementAsync(), _counter.IncrementAsync(), _counter.ClearAsync(), _counter.ClearAsync(),
            _counter.IncrementAsync(),
        };
        running.SetResult();

        Assert.That(await Task.WhenAll([first, .. later]), Is.EqualTo(new[] { 1, 2, 3, 0, 0, 1 }));
        Assert.That(_statements, Is.EqualTo(new[] { "+1", "+2", "clear", "+1" }));
    }

    [Test]
    public async Task Reads_that_arrive_while_a_query_runs_share_the_next_because_this_one_began_before_them()
    {
        var running = Hold();
        var early = _counter.GetAsync();
        await BegunAsync(1);
        var late = new[] { _counter.GetAsync(), _counter.GetAsync() };
        running.SetResult();
        await early;
        Assert.That(await Task.WhenAll(late), Is.EqualTo(new[] { 0, 0 }));

        Assert.That(_statements, Is.EqualTo(new[] { "read", "read" }));
    }

    [Test]
    public async Task A_lone_call_goes_on_where_its_answer_came_and_holds_up_nobody()
    {
        var running = Hold();
        using var goOn = new ManualResetEventSlim();
        var ranOn = Task.Run(() => _counter.IncrementAsync().ContinueWith( // in Task.Run, because tests have a context that requests have not
            _ =>
            {
                goOn.Wait(); // as a caller would who works on
                return Environment.CurrentManagedThreadId;
            },
            TaskContinuationOptions.ExecuteSynchronously));
        await BegunAsync(1);
        var answered = Task.Factory.StartNew(
            () =>
            {
                var second = _counter.IncrementAsync();
                running.SetResult();
                return (Environment.CurrentManagedThreadId, Second: second);
            },
            TaskCreationOptions.LongRunning);

        await BegunAsync(2);
        goOn.Set();
        var (thread, second) = await answered;

        Assert.That(await ranOn, Is.EqualTo(thread));
        Assert.That(await second, Is.EqualTo(2));
    }

    [Test]
    public async Task Whoever_is_answered_first_holds_up_nobody_of_the_same_statement()
    {
        var running = Hold();
        var first = _counter.IncrementAsync();
        await BegunAsync(1);
        using var otherIsAnswered = new ManualResetEventSlim();
        var (held, other) = await Task.Run(() => ( // in Task.Run, because tests have a context that requests have not
            _counter.IncrementAsync().ContinueWith(
                _ => otherIsAnswered.Wait(TimeSpan.FromSeconds(10)), TaskContinuationOptions.ExecuteSynchronously),
            _counter.IncrementAsync().ContinueWith(_ => otherIsAnswered.Set(), TaskContinuationOptions.ExecuteSynchronously)));
        running.SetResult();

        Assert.That(await held, Is.True);
        await Task.WhenAll(first, other);
        Assert.That(_statements, Is.EqualTo(new[] { "+1", "+2" }));
    }

    [Test]
    public async Task A_read_does_not_wait_for_a_write_that_hangs()
    {
        Hold();
        _ = _counter.IncrementAsync();
        await BegunAsync(1);

        Assert.That(await _counter.GetAsync(), Is.Zero);
    }

    [Test]
    public async Task A_failed_statement_fails_exactly_the_calls_it_carried()
    {
        var running = Hold();
        var failing = Hold();
        var before = _counter.IncrementAsync();
        await BegunAsync(1);
        var carried = new[] { _counter.IncrementAsync(), _counter.IncrementAsync() };
        running.SetResult();
        await BegunAsync(2);
        var after = _counter.IncrementAsync();
        failing.SetException(FailureException.StoreUnavailable(new TimeoutException()));

        Assert.That(await before, Is.EqualTo(1));
        foreach (var call in carried)
            await Assert.ThrowsAsync<FailureException>(() => call);
        Assert.That(await after, Is.EqualTo(2));
    }

    [Test]
    public async Task A_failed_query_fails_its_readers_and_the_next_one_answers()
    {
        Hold().SetException(FailureException.StoreUnavailable(new TimeoutException()));

        await Assert.ThrowsAsync<FailureException>(_counter.GetAsync);
        Assert.That(await _counter.GetAsync(), Is.Zero);
    }

    [Test]
    public async Task A_caller_that_no_longer_waits_hurts_nobody()
    {
        using var gone = new CancellationTokenSource();
        var running = Hold();
        var first = _counter.IncrementAsync().WaitAsync(gone.Token);
        await BegunAsync(1);
        var second = _counter.IncrementAsync().WaitAsync(gone.Token);
        var third = _counter.IncrementAsync();
        await gone.CancelAsync();
        running.SetResult();

        await Assert.CatchAsync<OperationCanceledException>(() => first);
        await Assert.CatchAsync<OperationCanceledException>(() => second);
        Assert.That(await third, Is.EqualTo(3));
    }

    [Test]
    public async Task Past_the_limit_of_waiting_calls_a_call_is_refused_at_once_and_the_others_are_served()
    {
        var running = Hold();
        var first = _counter.IncrementAsync();
        await BegunAsync(1);
        var waiting = Enumerable.Range(0, WaitingLimit).Select(_ => _counter.IncrementAsync()).ToList();

        var refusal = await Assert.ThrowsAsync<FailureException>(_counter.IncrementAsync);
        Assert.That(refusal.Kind, Is.EqualTo(FailureKind.StoreUnavailable));
        running.SetResult();
        Assert.That((await Task.WhenAll(waiting)).Max(), Is.EqualTo(WaitingLimit + 1));
        Assert.That(await first, Is.EqualTo(1));
        Assert.That(await _counter.IncrementAsync(), Is.EqualTo(WaitingLimit + 2));
    }

    [Test]
    public async Task A_write_that_has_waited_too_long_is_refused_and_never_sent()
    {
        ItIs(seconds: 0);
        var running = Hold();
        var first = _counter.IncrementAsync();
        await BegunAsync(1);
        var late = new[] { _counter.IncrementAsync(), _counter.ClearAsync() };
        ItIs(seconds: 6);
        var patient = _counter.IncrementAsync();
        running.SetResult();

        foreach (var call in late)
            await Assert.ThrowsAsync<FailureException>(() => call);
        Assert.That(await Task.WhenAll(first, patient), Is.EqualTo(new[] { 1, 2 }));
        Assert.That(_statements, Is.EqualTo(new[] { "+1", "+1" }));
    }

    [Test]
    public async Task For_reads_that_have_waited_too_long_the_store_is_not_asked()
    {
        ItIs(seconds: 0);
        var running = Hold();
        var first = _counter.GetAsync();
        await BegunAsync(1);
        var late = _counter.GetAsync();
        ItIs(seconds: 6);
        running.SetResult();

        await Assert.ThrowsAsync<FailureException>(() => late);
        Assert.That(await first, Is.Zero);
        Assert.That(await _counter.GetAsync(), Is.Zero);
        Assert.That(_statements, Is.EqualTo(new[] { "read", "read" }));
    }

    [Test]
    public async Task At_the_ceiling_those_that_fit_are_counted_and_the_rest_refused_in_words_for_the_user()
    {
        _ceiling = 6;
        var running = Hold();
        var first = _counter.IncrementAsync();
        await BegunAsync(1);
        var others = Enumerable.Range(0, 100).Select(_ => _counter.IncrementAsync()).ToList();
        running.SetResult();
        await Task.WhenAll(others).ContinueWith(_ => { }, TaskScheduler.Default);

        Assert.That(others.Take(5).Select(call => call.Result), Is.EqualTo(new[] { 2, 3, 4, 5, 6 }));
        foreach (var call in others.Skip(5))
        {
            var refusal = await Assert.ThrowsAsync<FailureException>(() => call);
            Assert.That((refusal.Kind, refusal.Message), Is.EqualTo((FailureKind.Refused, "计数已达上限，请先清零")));
        }

        Assert.That(_statements, Is.EqualTo(new[] { "+1", "+100" }));
    }

    [TestCase(5.0, true)]
    [TestCase(5.001, false)]
    public async Task A_call_waits_for_five_seconds_at_most(double seconds, bool isServed)
    {
        ItIs(seconds: 0);
        var running = Hold();
        var first = _counter.IncrementAsync();
        await BegunAsync(1);
        var patient = _counter.IncrementAsync();
        ItIs(seconds);
        running.SetResult();

        await first;
        Assert.That(() => patient, isServed ? Is.EqualTo(2) : Throws.TypeOf<FailureException>().With.Message.EndsWith("Too many calls wait for it."));
    }

    [Test]
    public async Task A_statement_carries_no_more_calls_than_every_server_takes()
    {
        var running = Hold();
        var first = _counter.IncrementAsync();
        await BegunAsync(1);
        var others = Enumerable.Range(0, BatchLimit + 1).Select(_ => _counter.IncrementAsync()).ToList();
        running.SetResult();

        Assert.That(await Task.WhenAll([first, .. others]), Is.EqualTo(Enumerable.Range(1, BatchLimit + 2)));
        Assert.That(_statements, Is.EqualTo(new[] { "+1", $"+{BatchLimit}", "+1" }));
    }

    [Test, NonParallelizable]
    public async Task What_was_committed_is_measured_and_what_was_refused_is_not()
    {
        _ceiling = 3;
        using var measured = new Measurements("SafeClockin.Counters");
        var running = Hold();
        var first = _counter.IncrementAsync();
        await BegunAsync(1);
        var others = Enumerable.Range(0, 3).Select(_ => _counter.IncrementAsync()).ToList();
        running.SetResult();
        await Task.WhenAll(others).ContinueWith(_ => { }, TaskScheduler.Default);
        await Assert.ThrowsAsync<FailureException>(_counter.IncrementAsync);

        Assert.That(await first, Is.EqualTo(1));
        Assert.That(
            measured.Lines,
            Is.EqualTo(new[]
            {
                "safeclockin.counter.increments 1 {increment}", "safeclockin.counter.commit.size 1 {increment}",
                "safeclockin.counter.increments 2 {increment}", "safeclockin.counter.commit.size 2 {increment}",
            }));
        Assert.That(measured.LargestBucket<long>(), Is.EqualTo(BatchLimit), "as many as a commit takes at most");
    }

    private void ItIs(double seconds)
        => _time.Setup(time => time.GetTimestamp()).Returns((long)(seconds * Stopwatch.Frequency));

    /// <summary>Has the next statement without a hold of its own wait until the test completes what this returns.</summary>
    private TaskCompletionSource Hold()
    {
        var hold = new TaskCompletionSource();
        lock (_statements)
            _held.Enqueue(hold);
        return hold;
    }

    private async Task<T> RunAsync<T>(string statement, Func<T> carryOut)
    {
        TaskCompletionSource? hold;
        lock (_statements)
        {
            _statements.Add(statement);
            _held.TryDequeue(out hold);
        }

        await (hold?.Task ?? Task.CompletedTask);
        return carryOut();
    }

    private async Task BegunAsync(int statements)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (true)
        {
            lock (_statements)
            {
                if (_statements.Count >= statements)
                    return;
            }

            await Task.Delay(1, patience.Token);
        }
    }
}
