namespace SafeClockin.Domain;

/// <summary>
/// Runs calls in batches, one batch at a time: a call that finds nothing under way is run at once, and all that
/// arrive meanwhile are the next batch. Load makes batches larger instead of queues longer, and no call shares work
/// that began before it arrived.
/// </summary>
/// <param name="runAsync">
/// Completes every call of a batch. What it throws fails the calls that it has not completed. It begins on the thread of
/// the batch's first call, which must not be kept: what it waits for has to be awaited.
/// </param>
/// <param name="time">By which waiting is measured.</param>
/// <param name="canShare">
/// Whether two neighbouring calls may be in one batch; calls keep the order of their arrival. Null when all may.
/// </param>
internal sealed class SharedCommitQueue<TRequest, TResult>(
    Func<IReadOnlyList<SharedCommitQueue<TRequest, TResult>.Call>, Task> runAsync,
    TimeProvider time,
    Func<TRequest, TRequest, bool>? canShare = null)
{
    /// <summary>How many calls may wait; new ones are refused rather than all made slow.</summary>
    public const int WaitingLimit = 4_096;

    /// <summary>How many calls share a batch: its statement stays small enough for every server.</summary>
    public const int BatchLimit = 1_024;

    /// <summary>
    /// How long a call may wait for its batch. With the time that the store allows itself, an answer takes less than 10 s.
    /// </summary>
    public static readonly TimeSpan WaitingTimeout = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly Queue<Call> _waiting = [];
    private bool _isRunning;

    /// <summary>Adds a call to the next batch, and returns what the batch answers it.</summary>
    /// <exception cref="FailureException">Too many calls wait already, or this one has waited too long.</exception>
    public Task<TResult> RunAsync(TRequest request)
    {
        var call = new Call(request, time.GetTimestamp());
        List<Call> batch;
        lock (_gate)
        {
            if (_waiting.Count >= WaitingLimit)
                throw Overloaded();
            _waiting.Enqueue(call);
            if (_isRunning)
                return call.Task;
            batch = TakeBatch()!; // one call waits at least: this one
        }

        return RunAtOnceAsync(call, batch);
    }

    /// <remarks>The call goes on, on the thread that has its answer: a lone caller waits for no other one to wake up.</remarks>
    private async Task<TResult> RunAtOnceAsync(Call call, List<Call> batch)
    {
        await RunBatchAsync(batch);
        if (HasWaiting())
            _ = RunWaitingAsync();
        return await call.Task;
    }

    private async Task RunWaitingAsync()
    {
        await Task.Yield(); // behind the calls that have reached the process meanwhile: they still make the next batch
        while (TakeBatch() is { } batch)
        {
            await RunBatchAsync(batch);
            await Task.Yield();
        }
    }

    private async Task RunBatchAsync(List<Call> batch)
    {
        try
        {
            if (batch.Count > 0)
                await runAsync(batch);
        }
        catch (Exception e)
        {
            batch.ForEach(call => call.TrySetException(e));
        }
    }

    private bool HasWaiting()
    {
        lock (_gate)
            return _isRunning = _waiting.Count > 0;
    }

    /// <summary>The next batch, which is empty when its calls have waited too long; null when no call waits.</summary>
    private List<Call>? TakeBatch()
    {
        lock (_gate)
        {
            if (!HasWaiting())
                return null;

            var batch = new List<Call>(Math.Min(_waiting.Count, BatchLimit));
            var first = _waiting.Peek().Request;
            while (batch.Count < BatchLimit
                && _waiting.TryPeek(out var call) && (canShare is null || canShare(first, call.Request)))
            {
                _waiting.Dequeue();
                if (time.GetElapsedTime(call.Arrived) > WaitingTimeout)
                    call.SetException(Overloaded());
                else
                    batch.Add(call);
            }

            return batch;
        }
    }

    private static FailureException Overloaded()
        => FailureException.StoreUnavailable(new TimeoutException("Too many calls wait for it."));

    /// <summary>A call that waits for its answer.</summary>
    /// <remarks>Who waits continues elsewhere: whoever is answered first must not hold up the others.</remarks>
    public sealed class Call(TRequest request, long arrived)
        : TaskCompletionSource<TResult>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        /// <summary>What is asked for.</summary>
        public TRequest Request => request;

        /// <summary>When it was asked for, as a timestamp of the queue's clock.</summary>
        public long Arrived => arrived;
    }
}
