namespace SafeClockin.Domain.ClockIns;

/// <summary>That somebody clocked in on a day.</summary>
/// <param name="Day">The day in China.</param>
/// <param name="ClockedInAt">When they first did, in seconds since 1970.</param>
/// <param name="Streak">How many days in a row they had clocked in by then, this one included.</param>
public sealed record ClockIn(DateOnly Day, long ClockedInAt, int Streak)
{
    /// <summary>The clock-in that a tap makes when it is its day's first.</summary>
    /// <param name="tap">The tap.</param>
    /// <param name="dayBefore">The same user's clock-in of the day before; null when there is none.</param>
    public static ClockIn From(Tap tap, ClockIn? dayBefore) => new(tap.Day, tap.At, (dayBefore?.Streak ?? 0) + 1);
}

/// <summary>How things stand with somebody today.</summary>
/// <param name="Day">Today, in China.</param>
/// <param name="ClockedInAt">When they first clocked in today, in seconds since 1970; null when they have not.</param>
/// <param name="Streak">Days in a row up to today, or up to yesterday while today is still open; otherwise 0.</param>
/// <param name="MissedDays">
/// Whole days since the last clock-in on which there was none; 0 for somebody who never clocked in.
/// </param>
public sealed record ClockInState(DateOnly Day, long? ClockedInAt, int Streak, int MissedDays)
{
    /// <summary>What somebody's last clock-in says of today.</summary>
    /// <param name="last">The last one up to today; null when they never clocked in.</param>
    /// <param name="today">Today, in China.</param>
    public static ClockInState From(ClockIn? last, DateOnly today)
        => (today.DayNumber - last?.Day.DayNumber) switch
        {
            null => new(today, null, 0, 0),
            0 => new(today, last!.ClockedInAt, last.Streak, 0),
            1 => new(today, null, last!.Streak, 0),
            _ => new(today, null, 0, CountMissedDays(last!.Day, today)),
        };

    /// <summary>How many whole days lie between somebody's last clock-in and today; 0 or less when none does.</summary>
    /// <param name="lastDay">The last one's day.</param>
    /// <param name="today">Today, in China.</param>
    public static int CountMissedDays(DateOnly lastDay, DateOnly today) => today.DayNumber - lastDay.DayNumber - 1;
}
