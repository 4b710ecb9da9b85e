using System.Diagnostics.Metrics;

namespace SafeClockin.Domain.Counters;

/// <summary>
/// The one counter that all mini-program users share. Calls that arrive while a statement runs share the next one, so
/// that a crowd costs the database few commits; every call is answered only after the commit that carried it.
/// </summary>
public sealed class CounterService
{
    /// <summary>The row that py-safeClockin counts in, too.</summary>
    private const int Id = 1;

    /// <summary>How many reads and how many writes may wait; new ones are refused rather than all made slow.</summary>
    internal const int WaitingLimit = 4_096;

    /// <summary>How long a write may wait for its statement: with the statement's own time, less than 10 s.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private static readonly Meter Meter = new("SafeClockin.Counters");

    private static readonly Counter<long> Increments = Meter.CreateCounter<long>(
        "safeclockin.counter.increments", "{increment}", "Increments that were committed.");

    private static readonly Histogram<int> CommitSizes = Meter.CreateHistogram<int>(
        "safeclockin.counter.commit.size",
        "{increment}",
        "Increments that shared a commit.",
        advice: new() { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 2_048, WaitingLimit] });

    private readonly ICounterRepository _counters;
    private readonly TimeProvider _time;
    private readonly Batches<TaskCompletionSource<long>> _reads;
    private readonly Batches<Write> _writes;

    /// <summary>Counts in a store.</summary>
    public CounterService(ICounterRepository counters, TimeProvider time)
    {
        _counters = counters;
        _time = time;
        _reads = new(WaitingLimit, ReadAsync);
        _writes = new(WaitingLimit, WriteAsync);
    }

    /// <summary>The count; 0 before the first increment and after a clear.</summary>
    public Task<long> GetAsync() => Answer(answer => _reads.TryAdd(answer));

    /// <summary>Counts one up and returns the value that this call produced, which no other call gets.</summary>
    /// <exception cref="FailureException">The counter stands at its ceiling, or the store is unavailable.</exception>
    /// <remarks>
    /// It cannot be cancelled: a caller that has gone away cannot take an increment back, and breaking off the
    /// statement that carries it would hurt the others in it.
    /// </remarks>
    public Task<long> IncrementAsync() => WriteAsync(isClear: false);

    /// <summary>Sets the counter back and returns 0. It keeps its place between the increments around it.</summary>
    public Task<long> ClearAsync() => WriteAsync(isClear: true);

    private Task<long> WriteAsync(bool isClear)
        => Answer(answer => _writes.TryAdd(new(answer, isClear, _time.GetTimestamp())));

    private static Task<long> Answer(Func<TaskCompletionSource<long>, bool> tryAdd)
    {
        // Continued elsewhere: whoever is answered first must not hold up the others.
        var answer = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        return tryAdd(answer)
            ? answer.Task
            : throw TooManyWait();
    }

    private static FailureException TooManyWait()
        => FailureException.StoreUnavailable(new TimeoutException("Too many calls wait for it."));

    private async Task ReadAsync(List<TaskCompletionSource<long>> reads)
    {
        try
        {
            var count = await _counters.QueryCounterByIdAsync(Id) ?? 0;
            reads.ForEach(read => read.SetResult(count));
        }
        catch (Exception e)
        {
            reads.ForEach(read => read.SetException(e));
        }
    }

    private async Task WriteAsync(List<Write> writes)
    {
        for (var first = 0; first < writes.Count;)
        {
            var isClear = writes[first].IsClear;
            var next = writes.FindIndex(first, write => write.IsClear != isClear);
            var alike = writes[first..(next < 0 ? writes.Count : next)];
            first += alike.Count;

            alike.RemoveAll(HasWaitedTooLong);
            await (isClear ? ClearAsync(alike) : IncreaseAsync(alike));
        }
    }

    private bool HasWaitedTooLong(Write write)
    {
        if (_time.GetElapsedTime(write.Arrived) <= Patience)
            return false;
        write.Answer.SetException(TooManyWait());
        return true;
    }

    private async Task IncreaseAsync(List<Write> increments)
    {
        // Where not all fit below the ceiling, the first ones may: ever fewer are tried, until one is refused alone.
        // Then there is no room for those behind it either.
        var fitting = increments.Count;
        while (increments.Count > 0)
        {
            fitting = Math.Min(fitting, increments.Count);
            try
            {
                var value = await _counters.IncreaseCounterByIdAsync(Id, fitting) - fitting;
                Increments.Add(fitting);
                CommitSizes.Record(fitting);
                increments[..fitting].ForEach(increment => increment.Answer.SetResult(++value));
                increments = increments[fitting..];
            }
            catch (CounterFullException) when (fitting > 1)
            {
                fitting /= 2;
            }
            catch (CounterFullException full)
            {
                var refusal = FailureException.Refused("计数已达上限，请先清零", full);
                increments.ForEach(increment => increment.Answer.SetException(refusal));
                return;
            }
            catch (Exception e)
            {
                increments[..fitting].ForEach(increment => increment.Answer.SetException(e));
                increments = increments[fitting..];
            }
        }
    }

    private async Task ClearAsync(List<Write> clears)
    {
        if (clears.Count == 0)
            return;
        try
        {
            await _counters.ClearCounterByIdAsync(Id);
            clears.ForEach(clear => clear.Answer.SetResult(0));
        }
        catch (Exception e)
        {
            clears.ForEach(clear => clear.Answer.SetException(e));
        }
    }

    private sealed record Write(TaskCompletionSource<long> Answer, bool IsClear, long Arrived);
}
