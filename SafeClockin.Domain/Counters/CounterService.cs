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

    private static readonly Meter Meter = new("SafeClockin.Counters");

    private static readonly Counter<long> Increments = Meter.CreateCounter<long>(
        "safeclockin.counter.increments", "{increment}", "Increments that were committed.");

    private static readonly Histogram<long> CommitSizes = Meter.CreateHistogram<long>(
        "safeclockin.counter.commit.size",
        "{increment}",
        "Increments that shared a commit.",
        advice: new() { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024] });

    private readonly ICounterRepository _counters;
    private readonly SharedCommitQueue<Operation, long> _reads;
    private readonly SharedCommitQueue<Operation, long> _writes;

    /// <summary>Counts in a store.</summary>
    public CounterService(ICounterRepository counters, TimeProvider time)
    {
        _counters = counters;
        _reads = new(ReadAsync, time);
        _writes = new(
            writes => writes[0].Request == Operation.Clear ? ClearAsync(writes) : IncreaseAsync(writes),
            time,
            canShare: (one, other) => one == other);
    }

    private enum Operation
    {
        Get,
        Increment,
        Clear,
    }

    /// <summary>The count; 0 before the first increment and after a clear.</summary>
    public Task<long> GetAsync() => _reads.RunAsync(Operation.Get);

    /// <summary>Counts one up and returns the value that this call produced, which no other call gets until a clear.</summary>
    /// <exception cref="FailureException">The counter stands at its ceiling, or the store is unavailable.</exception>
    /// <remarks>
    /// It cannot be cancelled: a caller that has gone away cannot take an increment back, and breaking off the
    /// statement that carries it would hurt the others in it.
    /// </remarks>
    public Task<long> IncrementAsync() => _writes.RunAsync(Operation.Increment);

    /// <summary>Sets the counter back and returns 0. It keeps its place between the increments around it.</summary>
    public Task<long> ClearAsync() => _writes.RunAsync(Operation.Clear);

    private async Task ReadAsync(IReadOnlyList<SharedCommitQueue<Operation, long>.Call> reads)
    {
        var count = await _counters.QueryCounterByIdAsync(Id) ?? 0;
        foreach (var read in reads)
            read.SetResult(count);
    }

    private async Task IncreaseAsync(IReadOnlyList<SharedCommitQueue<Operation, long>.Call> increments)
    {
        var (value, last) = await _counters.IncreaseCounterByIdAsync(Id, increments.Count);
        if (last > value)
        {
            Increments.Add(last - value);
            CommitSizes.Record(last - value);
        }

        foreach (var increment in increments)
        {
            if (value < last)
                increment.SetResult(++value);
            else
                increment.SetException(FailureException.Refused("计数已达上限，请先清零"));
        }
    }

    private async Task ClearAsync(IReadOnlyList<SharedCommitQueue<Operation, long>.Call> clears)
    {
        await _counters.ClearCounterByIdAsync(Id);
        foreach (var clear in clears)
            clear.SetResult(0);
    }
}
