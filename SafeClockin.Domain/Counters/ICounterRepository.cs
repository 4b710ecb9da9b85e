namespace SafeClockin.Domain.Counters;

/// <summary>
/// Where counters are kept. Every method is one atomic statement. A method that changes something returns once the
/// change is durable and visible to every later call, from any process. None keeps the calling thread.
/// </summary>
/// <remarks>
/// Every method throws a <see cref="FailureException"/> of kind <see cref="FailureKind.StoreUnavailable"/> when the
/// store does not answer in time; a change may then have happened once or not at all.
/// </remarks>
public interface ICounterRepository
{
    /// <summary>The count of the row <paramref name="id"/>, or null when there is no such row.</summary>
    Task<long?> QueryCounterByIdAsync(int id);

    /// <summary>
    /// Adds <paramref name="by"/> (at least 1) to the row <paramref name="id"/>, which is inserted when missing.
    /// Returns the new count; no two calls ever get overlapping ranges.
    /// </summary>
    /// <exception cref="CounterFullException">The column cannot hold the sum; nothing has changed.</exception>
    Task<long> IncreaseCounterByIdAsync(int id, long by);

    /// <summary>Sets the row <paramref name="id"/> to 0; nothing happens when there is none.</summary>
    Task ClearCounterByIdAsync(int id);
}
