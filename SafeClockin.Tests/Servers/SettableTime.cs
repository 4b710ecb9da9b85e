namespace SafeClockin.Tests.Servers;

/// <summary>The machine's clock, until a test sets its date, which then stands still, or has time pass.</summary>
internal sealed class SettableTime : TimeProvider
{
    private DateTimeOffset? _now;
    private long _ahead;

    public override DateTimeOffset GetUtcNow() => _now ?? base.GetUtcNow();

    public override long GetTimestamp() => base.GetTimestamp() + Volatile.Read(ref _ahead);

    /// <summary>Has it be this moment now.</summary>
    public void Set(DateTimeOffset now) => _now = now;

    /// <summary>Has everything measured from now on have taken this much longer.</summary>
    public void Pass(TimeSpan time) => Interlocked.Add(ref _ahead, (long)(time.TotalSeconds * TimestampFrequency));
}
