namespace SafeClockin.Domain.Alerts;

/// <summary>
/// Where the links keep who asked for a message, beside the clock-ins. What a method promises holds under any number of
/// calls at once, from any process; what it changes is durable and visible to every later call when it returns. Times are in
/// seconds since 1970. An openid has at most 64 bytes.
/// </summary>
/// <remarks>
/// Every method throws a <see cref="FailureException"/> of kind <see cref="FailureKind.StoreUnavailable"/> when the
/// store does not answer within 4 s; a change may then have happened or not.
/// </remarks>
public interface IAlertRepository
{
    /// <summary>
    /// Switches the alert of a guardian's link on, to be looked at from now on. Nothing happens when it is on already, or
    /// when the link is not there, or not theirs.
    /// </summary>
    Task ArmAsync(string guardian, string id, long now);

    /// <summary>
    /// The links whose alert is on and that are to be looked at by now, those that have waited longest first, each with the
    /// day of its ward's last clock-in up to a day.
    /// </summary>
    Task<IReadOnlyList<ArmedLink>> FindAsync(long now, DateOnly upTo, int limit);

    /// <summary>Has links, if they are to be looked at by now, be looked at later instead.</summary>
    Task PostponeAsync(IReadOnlyCollection<string> ids, long now, long until);

    /// <summary>
    /// Claims links, if they are to be looked at by now, until a lease runs out: nobody else finds or claims them before.
    /// </summary>
    /// <param name="ids">The links.</param>
    /// <param name="mark">The claim's own, random.</param>
    /// <param name="now">The time.</param>
    /// <param name="leaseEnd">Until when.</param>
    /// <returns>The ids of those that were claimed, now or by an earlier call with the same mark.</returns>
    Task<IReadOnlySet<string>> ClaimAsync(IReadOnlyCollection<string> ids, Guid mark, long now, long leaseEnd);

    /// <summary>
    /// Ends a claim: of some links the alert goes off, others are to be looked at again from a time on. What has been claimed
    /// by somebody else since, or switched on anew, stays as it is.
    /// </summary>
    Task ReleaseAsync(Guid mark, IReadOnlyCollection<string> switchedOff, IReadOnlyCollection<string> kept, long lookAt);

    /// <summary>
    /// How many links have their alert on and are to be looked at by a time, whose ward's last clock-in up to a day was
    /// before another one; in groups by the day of that.
    /// </summary>
    Task<IReadOnlyList<WaitingLinks>> CountAsync(long by, DateOnly upTo, DateOnly before);
}

/// <summary>A link whose alert is on.</summary>
/// <remarks>No record: its text would show the openid and the name.</remarks>
public sealed class ArmedLink
{
    /// <summary>The link's.</summary>
    public required string Id { get; init; }

    /// <summary>Who is to get the message.</summary>
    public required string Guardian { get; init; }

    /// <summary>How the ward is called to them.</summary>
    public required string WardName { get; init; }

    /// <summary>The day of the ward's last clock-in; null when they never clocked in.</summary>
    public required DateOnly? LastDay { get; init; }
}

/// <summary>Links whose wards clocked in last on the same day.</summary>
/// <param name="LastDay">That day.</param>
/// <param name="Count">How many.</param>
/// <param name="ArmedAt">When the first of them was switched on, in seconds since 1970.</param>
public sealed record WaitingLinks(DateOnly LastDay, int Count, long ArmedAt);
