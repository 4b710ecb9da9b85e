using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;

namespace SafeClockin.Tests.Browser;

/// <summary>Clocks in as the service will, in memory: until it does, the mini-program is tested in front of this.</summary>
[ApiController]
[Authorize]
public sealed class FakeClockInController(TimeProvider time) : ControllerBase
{
    private static readonly ConcurrentDictionary<(string OpenId, string Day), long> ClockIns = [];

    private string OpenId => User.Identity!.Name!;

    private DateTimeOffset Now => time.GetUtcNow().ToOffset(TimeSpan.FromHours(8));

    [HttpGet("api/clockin")]
    public object Today()
    {
        var today = DateOnly.FromDateTime(Now.DateTime);
        var last = Days().LastOrDefault();
        var streak = 0;
        for (var day = last; last >= today.AddDays(-1) && Days().Contains(day); day = day.AddDays(-1))
            streak++;
        var missedDays = last == default ? 0 : Math.Max(0, today.DayNumber - last.DayNumber - 1);
        long? clockedInAt = ClockIns.TryGetValue((OpenId, Text(today)), out var seconds) ? seconds : null;
        return new { Day = Text(today), ClockedInAt = clockedInAt, Streak = streak, MissedDays = missedDays };
    }

    [HttpPost("api/clockin")]
    public object ClockIn()
    {
        ClockIns.TryAdd((OpenId, Text(DateOnly.FromDateTime(Now.DateTime))), Now.ToUnixTimeSeconds());
        return Today();
    }

    [HttpGet("api/clockin/days")]
    public object Month(string month)
        => Days().Select(Text).Where(day => day.StartsWith(month, StringComparison.Ordinal))
            .Select(day => new { Day = day, ClockedInAt = ClockIns[(OpenId, day)] })
            .ToArray();

    [HttpDelete("api/user")]
    public object? Erase()
    {
        foreach (var day in Days())
            ClockIns.TryRemove((OpenId, Text(day)), out _);
        return null;
    }

    private DateOnly[] Days()
        => [.. ClockIns.Keys.Where(key => key.OpenId == OpenId)
            .Select(key => DateOnly.ParseExact(key.Day, "yyyy-MM-dd", CultureInfo.InvariantCulture))
            .Order()];

    private static string Text(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
