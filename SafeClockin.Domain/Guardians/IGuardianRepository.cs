using SafeClockin.Domain.ClockIns;

namespace SafeClockin.Domain.Guardians;

/// <summary>
/// Where the links between guardians and wards are kept, and invitations to them, beside the clock-ins. A link is one
/// record, which both sides see or neither. What a method promises holds under any number of calls at once, from any
/// process; what it changes is durable and visible to every later call when it returns. An openid has at most 64 bytes.
/// </summary>
/// <remarks>
/// Every method throws a <see cref="FailureException"/> of kind <see cref="FailureKind.StoreUnavailable"/> when the
/// store does not answer within 4 s; a change may then have happened or not.
/// </remarks>
public interface IGuardianRepository
{
    /// <summary>
    /// Keeps an invitation that nobody has accepted. False, and nothing happens, when its ward has
    /// <see cref="GuardianService.GuardianLimit"/> guardians and invitations together; expired ones do not count, and go.
    /// </summary>
    /// <param name="invitation">The invitation.</param>
    /// <param name="now">The time, in seconds since 1970.</param>
    Task<bool> AddAsync(Invitation invitation, long now);

    /// <summary>Does to the invitation of a secret what <see cref="Invitation.Judge"/> says.</summary>
    /// <param name="secretHash">SHA-256 of the secret.</param>
    /// <param name="guardian">Who accepts it.</param>
    /// <param name="guardianName">How they are called to their ward.</param>
    /// <param name="now">The time, in seconds since 1970.</param>
    /// <returns>What has come of it, and the id of the link between the two; null when there is none.</returns>
    Task<(Acceptance Acceptance, string? LinkId)> AcceptAsync(byte[] secretHash, string guardian, string guardianName, long now);

    /// <summary>Who watches over somebody, the first ones first, and then their invitations that have not expired.</summary>
    Task<IReadOnlyList<Guardian>> QueryGuardiansAsync(string ward, long now);

    /// <summary>Whom each of some users watches over, with the last clock-in of each ward up to a day; in no order.</summary>
    Task<ILookup<string, Ward>> QueryWardsAsync(IReadOnlyCollection<string> guardians, DateOnly upTo);

    /// <summary>Ends a link or takes back an invitation of a ward; nothing happens when it is not there, or not theirs.</summary>
    Task DeleteGuardianAsync(string ward, string id);

    /// <summary>Ends a link of a guardian; nothing happens when it is not there, or not theirs.</summary>
    Task DeleteWardAsync(string guardian, string id);

    /// <summary>Erases a user's links on both sides, their invitations and their clock-ins: all of it or nothing.</summary>
    Task EraseAsync(string openId);
}

/// <summary>Somebody who watches over a user, or an open invitation to do so.</summary>
/// <param name="Id">The link's.</param>
/// <param name="Name">How the guardian is called to the user; null while nobody has accepted.</param>
/// <param name="ExpiresAt">Until when the invitation can be accepted, in seconds since 1970; null once it was.</param>
public sealed record Guardian(string Id, string? Name, long? ExpiresAt);

/// <summary>Somebody whom a user watches over.</summary>
/// <param name="Id">The link's.</param>
/// <param name="Name">How the ward is called to the user.</param>
/// <param name="LastClockIn">The ward's last clock-in; null when they never clocked in.</param>
/// <param name="Alert">Whether the user will get a message when the ward has missed a day.</param>
public sealed record Ward(string Id, string Name, ClockIn? LastClockIn, bool Alert);
