namespace SafeClockin.Domain.ClockIns;

/// <summary>
/// Where clock-ins are kept: one a user and day, which never changes. A method that changes something returns once the
/// change is durable and visible to every later call, from any process. None keeps the calling thread. An openid has at
/// most 64 bytes.
/// </summary>
/// <remarks>
/// Every method throws a <see cref="FailureException"/> of kind <see cref="FailureKind.StoreUnavailable"/> when the
/// store does not answer within 4 s; a change may then have happened or not.
/// </remarks>
public interface IClockInRepository
{
    /// <summary>
    /// Keeps the first clock-in of each user and day, with a streak one longer than that of their day before. Returns for
    /// each tap, in their order, the clock-in that is kept for its user and day.
    /// </summary>
    Task<IReadOnlyList<ClockIn>> AddAsync(IReadOnlyList<Tap> taps);

    /// <summary>
    /// For each user, in their order, their last clock-in up to a day; null for somebody who has none.
    /// </summary>
    Task<IReadOnlyList<ClockIn?>> QueryLastAsync(IReadOnlyList<string> openIds, DateOnly upTo);

    /// <summary>The clock-ins of a user from a first to a last day, both included, in their order.</summary>
    Task<IReadOnlyList<ClockIn>> QueryDaysAsync(string openId, DateOnly first, DateOnly last);
}

/// <summary>Somebody's wish to clock in.</summary>
/// <param name="OpenId">Who it is.</param>
/// <param name="Day">The day in China on which they tapped.</param>
/// <param name="At">When they tapped, in seconds since 1970.</param>
public sealed record Tap(string OpenId, DateOnly Day, long At);
