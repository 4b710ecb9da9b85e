using SafeClockin.Domain;
using SafeClockin.Domain.Alerts;

namespace SafeClockin.Api.Hosting;

/// <summary>Sweeps every few minutes while the process runs, and logs what an operator should know: a line a cause and sweep.</summary>
public sealed class AlertSweeper(AlertService alerts, TimeProvider time, ILogger<AlertSweeper> logger) : BackgroundService
{
    // The longest, and twice the shortest: replicas that start together need not sweep so.
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(3);

    /// <summary>Sends what is due.</summary>
    /// <param name="stop">Begin no more; what has begun is finished within seconds.</param>
    /// <exception cref="FailureException">Alerts are not configured, or the store is unavailable.</exception>
    public async Task<SweepReport> SweepAsync(CancellationToken stop)
    {
        var report = await alerts.SweepAsync(stop);
        if (report.Sent > 0)
            logger.LogInformation("Alerts: {Sent} sent, {Left} still due", report.Sent, report.Left);
        foreach (var problem in report.Problems)
        {
            logger.Log(
                problem.Outcome == AlertOutcome.Misconfigured ? LogLevel.Error : LogLevel.Warning,
                "Alerts: {Count} not sent, and {Consequence}: {Cause} {Detail}",
                problem.Count,
                problem.Outcome == AlertOutcome.Undeliverable ? "switched off" : "to be tried again",
                problem.Cause,
                problem.Detail);
        }

        return report;
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!alerts.IsConfigured)
            return;
        foreach (var error in alerts.ConfigurationErrors)
            logger.LogWarning("Alerts cannot be sent: {Error}", error);
        while (true)
        {
            await Task.Delay(Interval * (1 + Random.Shared.NextDouble()) / 2, time, stoppingToken);
            try
            {
                await SweepAsync(stoppingToken);
            }
            catch (Exception e) // or the host would end
            {
                logger.LogError("Alerts: {Failure}", e.Message);
            }
        }
    }
}
