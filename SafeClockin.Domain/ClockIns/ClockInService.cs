using System.Diagnostics.Metrics;
using System.Globalization;

namespace SafeClockin.Domain.ClockIns;

/// <summary>
/// The daily clock-in. Calls of different users that arrive while a statement runs share the next one, so that a crowd at
/// eight in the morning costs the database few commits; every call is answered only after the commit that carried it.
/// </summary>
public sealed class ClockInService
{
    private static readonly Meter Meter = new("SafeClockin.ClockIns");

    private static readonly Counter<long> Taps = Meter.CreateCounter<long>(
        "safeclockin.clockin.taps", "{tap}", "Taps that were answered, repeated ones included.");

    private static readonly Histogram<int> CommitSizes = Meter.CreateHistogram<int>(
        "safeclockin.clockin.commit.size",
        "{tap}",
        "Taps that shared a commit.",
        advice: new() { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024] });

    private readonly IClockInRepository _clockIns;
    private readonly TimeProvider _time;
    private readonly SharedCommitQueue<Tap, ClockIn> _taps;
    private readonly SharedCommitQueue<(string OpenId, DateOnly Today), ClockIn?> _reads;

    /// <summary>Keeps clock-ins in a store, and dates them by a clock.</summary>
    public ClockInService(IClockInRepository clockIns, TimeProvider time)
    {
        _clockIns = clockIns;
        _time = time;
        _taps = new(AddAsync, time);
        _reads = new(ReadAsync, time, canShare: (one, other) => one.Today == other.Today);
    }

    /// <summary>How things stand with a user today.</summary>
    /// <exception cref="FailureException">The openid is none, or the store is unavailable.</exception>
    public async Task<ClockInState> GetStateAsync(string openId)
    {
        var today = ChinaDay.Of(_time.GetUtcNow());
        return ClockInState.From(await _reads.RunAsync((OpenId.Check(openId), today)), today);
    }

    /// <summary>Clocks a user in today, once: when they have already, nothing changes. How things stand afterwards.</summary>
    /// <exception cref="FailureException">The openid is none, or the store is unavailable.</exception>
    public async Task<ClockInState> ClockInAsync(string openId)
    {
        var now = _time.GetUtcNow();
        var tap = new Tap(OpenId.Check(openId), ChinaDay.Of(now), now.ToUnixTimeSeconds());
        return ClockInState.From(await _taps.RunAsync(tap), tap.Day);
    }

    /// <summary>The days of a month on which a user clocked in, in their order.</summary>
    /// <param name="openId">Who it is.</param>
    /// <param name="month">Like <c>2026-11</c>; null or empty is this month.</param>
    /// <exception cref="FailureException">The month or the openid is none, or the store is unavailable.</exception>
    public Task<IReadOnlyList<ClockIn>> GetDaysAsync(string openId, string? month)
    {
        var today = ChinaDay.Of(_time.GetUtcNow());
        var first = today.AddDays(1 - today.Day);
        if (!string.IsNullOrEmpty(month)
            && !DateOnly.TryParseExact(month, "yyyy-MM", CultureInfo.InvariantCulture, DateTimeStyles.None, out first))
        {
            throw FailureException.Refused("月份参数错误");
        }

        var last = first.AddDays(DateTime.DaysInMonth(first.Year, first.Month) - 1);
        return _clockIns.QueryDaysAsync(OpenId.Check(openId), first, last);
    }

    private async Task AddAsync(IReadOnlyList<SharedCommitQueue<Tap, ClockIn>.Call> calls)
    {
        var kept = await _clockIns.AddAsync([.. calls.Select(call => call.Request)]);
        Taps.Add(calls.Count);
        CommitSizes.Record(calls.Count);
        for (var i = 0; i < calls.Count; i++)
            calls[i].SetResult(kept[i]);
    }

    private async Task ReadAsync(IReadOnlyList<SharedCommitQueue<(string OpenId, DateOnly Today), ClockIn?>.Call> calls)
    {
        var last = await _clockIns.QueryLastAsync([.. calls.Select(call => call.Request.OpenId)], calls[0].Request.Today);
        for (var i = 0; i < calls.Count; i++)
            calls[i].SetResult(last[i]);
    }
}
