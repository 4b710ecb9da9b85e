using System.Collections.Concurrent;

namespace SafeClockin.Tests.Servers;

/// <summary>The machine's clock, but that each wait of <paramref name="shortest"/> or more is over at once, and remembered.</summary>
internal sealed class ImpatientTime(TimeSpan shortest) : TimeProvider
{
    public ConcurrentQueue<TimeSpan> Waits { get; } = [];

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime >= shortest)
        {
            Waits.Enqueue(dueTime);
            dueTime = TimeSpan.FromMilliseconds(1);
        }

        return base.CreateTimer(callback, state, dueTime, period);
    }
}
