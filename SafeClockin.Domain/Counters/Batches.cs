namespace SafeClockin.Domain.Counters;

/// <summary>
/// Runs calls in batches, one batch at a time: a call that finds nothing under way is run at once, and all that
/// arrive meanwhile are the next batch. Load makes batches larger instead of queues longer, and no call shares work
/// that began before it arrived.
/// </summary>
/// <param name="limit">How many calls may wait for the next batch.</param>
/// <param name="runAsync">
/// Answers every call of a batch; never throws. It begins on the thread of the batch's first call, which must not be
/// kept: what it waits for has to be awaited.
/// </param>
internal sealed class Batches<TCall>(int limit, Func<List<TCall>, Task> runAsync)
{
    private readonly Lock _gate = new();
    private List<TCall> _waiting = [];
    private bool _isRunning;

    /// <summary>Adds a call to the next batch; false when too many wait for it already.</summary>
    public bool TryAdd(TCall call)
    {
        lock (_gate)
        {
            if (_waiting.Count >= limit)
                return false;
            _waiting.Add(call);
            if (_isRunning)
                return true;
            _isRunning = true;
        }

        _ = RunAsync();
        return true;
    }

    private async Task RunAsync()
    {
        while (TakeWaiting() is { } batch)
        {
            await runAsync(batch);
            await Task.Yield(); // behind the calls that have reached the process meanwhile: they still make the next batch
        }
    }

    private List<TCall>? TakeWaiting()
    {
        lock (_gate)
        {
            if (_waiting.Count == 0)
            {
                _isRunning = false;
                return null;
            }

            (var batch, _waiting) = (_waiting, []);
            return batch;
        }
    }
}
