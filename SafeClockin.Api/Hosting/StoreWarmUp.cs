using SafeClockin.Domain.Counters;

namespace SafeClockin.Api.Hosting;

/// <summary>
/// Reads the count while the server starts, so that the first caller need not wait for a connection, for a database that
/// sleeps or for code that has not run yet. The service starts without a database just as well.
/// </summary>
internal sealed class StoreWarmUp(CounterService counter, ILogger<StoreWarmUp> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await counter.GetAsync();
        }
        catch (Exception e)
        {
            logger.LogWarning("Not ready to count yet: {Failure}", e.Message);
        }
    }
}
