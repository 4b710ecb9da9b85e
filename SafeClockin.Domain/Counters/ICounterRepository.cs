namespace SafeClockin.Domain.Counters;

/// <summary>
/// Where counters are kept. Every method is atomic. A method that changes something returns once the change is durable
/// and visible to every later call, from any process. None keeps the calling thread.
/// </summary>
/// <remarks>
/// Every method throws a <see cref="FailureException"/> of kind <see cref="FailureKind.StoreUnavailable"/> when the
/// store does not answer within 4 s; a change may then have happened once or not at all.
/// </remarks>
public interface ICounterRepository
{
    /// <summary>The count of the row <paramref name="id"/>, or null when there is no such row.</summary>
    Task<long?> QueryCounterByIdAsync(int id);

    /// <summary>
    /// Adds <paramref name="by"/> (at least 1), or as much of it as the row's column can hold, to the row
    /// <paramref name="id"/>, which is inserted when missing. Returns what changed; nothing has when there is no room.
    /// No two calls ever get overlapping ranges.
    /// </summary>
    Task<Increase> IncreaseCounterByIdAsync(int id, long by);

    /// <summary>Sets the row <paramref name="id"/> to 0; nothing happens when there is none.</summary>
    Task ClearCounterByIdAsync(int id);
}

/// <summary>What an increase made of a count.</summary>
/// <param name="Before">The count before it.</param>
/// <param name="After">The count after it: every value above <paramref name="Before"/> up to this one is the caller's.</param>
public readonly record struct Increase(long Before, long After);
