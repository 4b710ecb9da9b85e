using System.Diagnostics.Metrics;
using SafeClockin.Domain.ClockIns;

namespace SafeClockin.Domain.Alerts;

/// <summary>
/// Tells guardians who asked for it that their ward has missed a day: one message for one consent. Any number of processes may
/// sweep at once. What one of them claims is its own until a lease runs out; when it dies, others take it over then.
/// </summary>
/// <param name="alerts">Keeps who asked.</param>
/// <param name="sender">Sends the messages.</param>
/// <param name="timeOfDay">From when on, each day in China, messages are sent.</param>
/// <param name="time">Lets days pass.</param>
public sealed class AlertService(IAlertRepository alerts, IAlertSender sender, TimeOnly timeOfDay, TimeProvider time)
{
    /// <summary>How many messages are claimed and under way at once, and so may be sent twice when a process dies.</summary>
    public const int BatchSize = 16;

    /// <summary>How many links are looked at in one query; most of them, whose wards have clocked in, only to be put off.</summary>
    private const int PageSize = 500;

    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(1);

    private static readonly Meter Meter = new("SafeClockin.Alerts");

    private static readonly Counter<int> Messages = Meter.CreateCounter<int>(
        "safeclockin.alert.messages", "{message}", "Messages by their outcome: sent, refused or failed.");

    private static readonly Gauge<int> Due = Meter.CreateGauge<int>(
        "safeclockin.alert.due", "{message}", "Messages that were still due when a sweep ended.");

    private static readonly Gauge<long> OldestDue = Meter.CreateGauge<long>(
        "safeclockin.alert.oldest_due", "s", "For how long the oldest of them had been due; 0 when none was.");

    /// <summary>Whether there is a message to send.</summary>
    public bool IsConfigured => sender.IsConfigured;

    /// <summary>What keeps messages from being sent, for the operator.</summary>
    public IReadOnlyList<string> ConfigurationErrors => sender.ConfigurationErrors;

    /// <summary>Has a guardian get a message when a ward has missed a day. Nothing happens when they will already.</summary>
    /// <param name="guardian">Who has consented to it.</param>
    /// <param name="id">The link's.</param>
    /// <exception cref="FailureException">Alerts are not configured, the openid is none, or the store is unavailable.</exception>
    public Task ArmAsync(string guardian, string id)
    {
        RequireConfigured();
        return alerts.ArmAsync(OpenId.Check(guardian), id, time.GetUtcNow().ToUnixTimeSeconds());
    }

    /// <summary>
    /// Sends what is due, each message at most once. It ends early when it is told to, and when a whole batch fails; what has
    /// begun by then is finished within seconds.
    /// </summary>
    /// <param name="stop">Begin no more.</param>
    /// <exception cref="FailureException">Alerts are not configured, or the store is unavailable.</exception>
    public async Task<SweepReport> SweepAsync(CancellationToken stop)
    {
        RequireConfigured();
        var began = time.GetUtcNow();
        var today = ChinaDay.Of(began);
        var results = new List<AlertResult>();
        if (ChinaDay.TimeOf(began) < timeOfDay)
            return Report(results, left: 0, oldest: TimeSpan.Zero);

        for (var isWorking = true; isWorking && !stop.IsCancellationRequested;)
        {
            var page = await alerts.FindAsync(began.ToUnixTimeSeconds(), today, PageSize);
            var due = page.Where(link => IsDue(link, today)).Take(BatchSize).ToList();
            await PostponeAsync(page.Where(link => !IsDue(link, today)), began, today);
            var batch = await SendAsync(due, began, today);
            results.AddRange(batch);
            // When WeChat takes none, others would wait for it in vain, too. They come first in the next sweep.
            isWorking = page.Count > 0 && (batch.Count == 0 || batch.Any(result => !IsKept(result.Outcome)));
        }

        var (left, oldest) = await CountDueAsync(began, today);
        return Report(results, left, oldest);
    }

    private static bool IsDue(ArmedLink link, DateOnly today)
        => link.LastDay is { } last && ClockInState.CountMissedDays(last, today) > 0;

    private static bool IsKept(AlertOutcome outcome) => outcome is AlertOutcome.Misconfigured or AlertOutcome.Failed;

    private static SweepReport Report(List<AlertResult> results, int left, TimeSpan oldest)
    {
        var sent = results.Count(result => result.Outcome == AlertOutcome.Sent);
        var failed = results.Count(result => IsKept(result.Outcome));
        Messages.Add(sent, new KeyValuePair<string, object?>("outcome", "sent"));
        Messages.Add(results.Count - sent - failed, new KeyValuePair<string, object?>("outcome", "refused"));
        Messages.Add(failed, new KeyValuePair<string, object?>("outcome", "failed"));
        Due.Record(left);
        OldestDue.Record((long)oldest.TotalSeconds);
        var problems = from result in results
                       where result.Cause is not null
                       group result by (result.Outcome, result.Cause) into same
                       select new SweepProblem(same.Key.Outcome, same.Key.Cause, same.First().Detail, same.Count());
        return new(sent, failed, left, [.. problems]);
    }

    private void RequireConfigured()
    {
        if (!IsConfigured)
            throw FailureException.Refused("提醒未配置");
    }

    /// <summary>Puts links off to the first day on which they can be due, as far as can be told today.</summary>
    private async Task PostponeAsync(IEnumerable<ArmedLink> links, DateTimeOffset now, DateOnly today)
    {
        foreach (var sameDay in links.GroupBy(link => FirstDueDay(link.LastDay ?? today)))
        {
            await alerts.PostponeAsync(
                [.. sameDay.Select(link => link.Id)], now.ToUnixTimeSeconds(), ChinaDay.At(sameDay.Key, TimeOnly.MinValue).ToUnixTimeSeconds());
        }
    }

    /// <summary>Sends messages that nobody else has claimed, all at once, and notes what became of them.</summary>
    private async Task<IReadOnlyList<AlertResult>> SendAsync(List<ArmedLink> due, DateTimeOffset began, DateOnly today)
    {
        if (due.Count == 0)
            return [];
        var mark = Guid.NewGuid();
        var claimed = await alerts.ClaimAsync(
            [.. due.Select(link => link.Id)], mark, began.ToUnixTimeSeconds(), (time.GetUtcNow() + Lease).ToUnixTimeSeconds());
        var mine = due.Where(link => claimed.Contains(link.Id)).ToList();
        if (mine.Count == 0)
            return [];

        var results = await Task.WhenAll(mine.Select(link => sender.SendAsync(
            link.Guardian, new(link.WardName, link.LastDay!.Value, ClockInState.CountMissedDays(link.LastDay.Value, today)))));
        var outcomes = mine.Zip(results, (link, result) => (link.Id, IsKept: IsKept(result.Outcome))).ToLookup(each => each.IsKept, each => each.Id);
        await alerts.ReleaseAsync(
            mark,
            switchedOff: [.. outcomes[false]],
            kept: [.. outcomes[true]],
            lookAt: began.ToUnixTimeSeconds() + 1); // by the next sweep, and not by this one again
        return results;
    }

    private async Task<(int Left, TimeSpan Oldest)> CountDueAsync(DateTimeOffset began, DateOnly today)
    {
        // With those that are being sent at this moment.
        var due = await alerts.CountAsync((time.GetUtcNow() + Lease).ToUnixTimeSeconds(), today, before: today.AddDays(-1));
        var since = due.Select(same => Later(
                ChinaDay.At(FirstDueDay(same.LastDay), timeOfDay), DateTimeOffset.FromUnixTimeSeconds(same.ArmedAt)))
            .DefaultIfEmpty(began).Min();
        return (due.Sum(same => same.Count), began - since);
    }

    // The day of the clock-in, then a whole one without.
    private static DateOnly FirstDueDay(DateOnly lastDay) => lastDay.AddDays(2);

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;
}

/// <summary>What a sweep did.</summary>
/// <param name="Sent">How many messages WeChat took.</param>
/// <param name="Failed">How many are to be tried again.</param>
/// <param name="Left">How many are still due, those that failed included.</param>
/// <param name="Problems">What an operator should know, each cause once.</param>
public sealed record SweepReport(int Sent, int Failed, int Left, IReadOnlyList<SweepProblem> Problems);

/// <summary>What went wrong with messages of a sweep.</summary>
/// <param name="Outcome">What was done about it.</param>
/// <param name="Cause">What it was.</param>
/// <param name="Detail">What is known of the first one; may be empty.</param>
/// <param name="Count">How many it befell.</param>
public sealed record SweepProblem(AlertOutcome Outcome, string Cause, string Detail, int Count);
