using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using SafeClockin.Domain.ClockIns;

namespace SafeClockin.Domain.Guardians;

/// <summary>
/// Guardians and wards: who lets whom see whether they clock in. Either side ends it at any time, and nobody else learns or
/// changes anything: what is not there and what is somebody else's are answered alike.
/// </summary>
/// <param name="guardians">Keeps the links.</param>
/// <param name="time">Tells when invitations expire, and which day it is.</param>
public sealed class GuardianService(IGuardianRepository guardians, TimeProvider time)
{
    /// <summary>How many guardians and open invitations somebody may have together.</summary>
    public const int GuardianLimit = 5;

    /// <summary>How many wards somebody may have.</summary>
    public const int WardLimit = 50;

    private static readonly TimeSpan InvitationLifetime = TimeSpan.FromHours(72);

    private long Now => time.GetUtcNow().ToUnixTimeSeconds();

    private DateOnly Today => ChinaDay.Of(time.GetUtcNow());

    /// <summary>Invites somebody to watch over a user. The secret is told only here; its hash is kept.</summary>
    /// <param name="ward">The user.</param>
    /// <param name="name">How they are to be called to their guardian.</param>
    /// <exception cref="FailureException">The name or the openid is none, there are too many, or the store is unavailable.</exception>
    public async Task<(Invitation Invitation, string Secret)> InviteAsync(string ward, string? name)
    {
        var (now, secret) = (Now, NewId());
        var invitation = new Invitation(
            NewId(), OpenId.Check(ward), PersonName.Check(name), Hash(secret), now + (long)InvitationLifetime.TotalSeconds);
        return await guardians.AddAsync(invitation, now) ? (invitation, secret) : throw FailureException.Refused("守护人已达上限");
    }

    /// <summary>Who watches over a user, the first ones first, and then their open invitations.</summary>
    /// <exception cref="FailureException">The openid is none, or the store is unavailable.</exception>
    public Task<IReadOnlyList<Guardian>> GetGuardiansAsync(string ward) => guardians.QueryGuardiansAsync(OpenId.Check(ward), Now);

    /// <summary>Ends being watched over, or takes an invitation back.</summary>
    /// <exception cref="FailureException">The openid is none, or the store is unavailable.</exception>
    public Task EndGuardianAsync(string ward, string id) => guardians.DeleteGuardianAsync(OpenId.Check(ward), id);

    /// <summary>Accepts an invitation to watch over somebody; doing so again changes nothing.</summary>
    /// <param name="guardian">The user who accepts it.</param>
    /// <param name="secret">What the invitation told.</param>
    /// <param name="name">How they are to be called to their ward.</param>
    /// <exception cref="FailureException">
    /// The invitation is none any more, or the user's own; the user has too many wards; the name or the openid is none; the
    /// store is unavailable.
    /// </exception>
    public async Task<(Ward Ward, ClockInState State)> AcceptAsync(string guardian, string secret, string? name)
    {
        var (acceptance, linkId) = await guardians.AcceptAsync(
            Hash(secret), OpenId.Check(guardian), PersonName.Check(name), Now);
        var ward = acceptance switch
        {
            Acceptance.Own => throw FailureException.Refused("不能守护自己"),
            Acceptance.Full => throw FailureException.Refused("守护的人已达上限"),
            Acceptance.Invalid => [],
            _ => (await GetWardsAsync(guardian)).Where(each => each.Ward.Id == linkId).ToList(),
        };
        return ward is [var accepted] ? accepted : throw FailureException.Refused("邀请已失效"); // or ended in this moment
    }

    /// <summary>Whom a user watches over and how things stand with each, the longest missing first, then by name.</summary>
    /// <exception cref="FailureException">The openid is none, or the store is unavailable.</exception>
    public async Task<IReadOnlyList<(Ward Ward, ClockInState State)>> GetWardsAsync(string guardian)
    {
        var today = Today;
        var wards = await guardians.QueryWardsAsync(OpenId.Check(guardian), today);
        return
        [
            .. wards.Select(ward => (Ward: ward, State: ClockInState.From(ward.LastClockIn, today)))
                .OrderByDescending(each => each.State.MissedDays)
                .ThenBy(each => each.Ward.Name, StringComparer.Ordinal)
                .ThenBy(each => each.Ward.Id, StringComparer.Ordinal),
        ];
    }

    /// <summary>Stops watching over somebody.</summary>
    /// <exception cref="FailureException">The openid is none, or the store is unavailable.</exception>
    public Task EndWardAsync(string guardian, string id) => guardians.DeleteWardAsync(OpenId.Check(guardian), id);

    /// <summary>Erases everything that is kept about a user: clock-ins, links on both sides and invitations.</summary>
    /// <exception cref="FailureException">The openid is none, or the store is unavailable.</exception>
    public Task EraseAsync(string openId) => guardians.EraseAsync(OpenId.Check(openId));

    private static string NewId() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(128 / 8));

    private static byte[] Hash(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));
}
