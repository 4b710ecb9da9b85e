namespace SafeClockin.Tests.Servers;

/// <summary>The machine's clock, until a test sets its date, which then stands still, or has time pass.</summary>
internal sealed class SettableTime : TimeProvider
{
    private long _now; // in ticks, which are read and written whole
    private long _ahead;

    public override DateTimeOffset GetUtcNow() => Volatile.Read(ref _now) is var now and > 0 ? new(now, TimeSpan.Zero) : base.GetUtcNow();

    public override long GetTimestamp() => base.GetTimestamp() + Volatile.Read(ref _ahead);

    /// <summary>Has it be this moment now.</summary>
    public void Set(DateTimeOffset now) => Volatile.Write(ref _now, now.UtcTicks);

    /// <summary>Has everything measured from now on have taken this much longer.</summary>
    public void Pass(TimeSpan time) => Interlocked.Add(ref _ahead, (long)(time.TotalSeconds * TimestampFrequency));
}
