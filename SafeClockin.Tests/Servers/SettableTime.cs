namespace SafeClockin.Tests.Servers;

/// <summary>A clock that goes as the machine's does, and can be set and put forward.</summary>
internal sealed class SettableTime : TimeProvider
{
    private long _ahead;
    private TimeSpan _dateAhead;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + _dateAhead;

    public override long GetTimestamp() => base.GetTimestamp() + Volatile.Read(ref _ahead);

    /// <summary>Has it be this moment now, without any time having passed.</summary>
    public void Set(DateTimeOffset now) => _dateAhead = now - base.GetUtcNow();

    /// <summary>Has time pass.</summary>
    public void Pass(TimeSpan time)
    {
        Interlocked.Add(ref _ahead, (long)(time.TotalSeconds * TimestampFrequency));
        _dateAhead += time;
    }
}
