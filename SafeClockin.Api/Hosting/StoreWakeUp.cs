using SafeClockin.Domain;
using SafeClockin.Domain.Counters;

namespace SafeClockin.Api.Hosting;

/// <summary>The first look at the store.</summary>
internal static class StoreWakeUp
{
    /// <summary>
    /// Reads the count while the server starts, so that the first caller need not wait for a connection, for a database
    /// that sleeps or for code that has not run yet. The service starts without a database just as well.
    /// </summary>
    public static async Task WakeStoreAsync(this WebApplication app)
    {
        try
        {
            await app.Services.GetRequiredService<CounterService>().GetAsync();
        }
        catch (FailureException e)
        {
            app.Logger.LogWarning("{Failure}", e.Message);
        }
    }
}
