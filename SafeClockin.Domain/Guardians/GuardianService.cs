using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using SafeClockin.Domain.ClockIns;

namespace SafeClockin.Domain.Guardians;

/// <summary>
/// Guardians and wards: who lets whom see whether they clock in. Either side ends it at any time, and nobody else learns or
/// changes anything: what is not there and what is somebody else's are answered alike. Guardians who look while a query runs
/// share the next one.
/// </summary>
public sealed class GuardianService
{
    /// <summary>How many guardians and open invitations somebody may have together.</summary>
    public const int GuardianLimit = 5;

    /// <summary>How many wards somebody may have.</summary>
    public const int WardLimit = 50;

    private static readonly TimeSpan InvitationLifetime = TimeSpan.FromHours(72);

    private readonly IGuardianRepository _guardians;
    private readonly TimeProvider _time;
    private readonly SharedCommitQueue<(string Guardian, DateOnly Today), IEnumerable<Ward>> _looks;

    /// <summary>Keeps links in a store, and lets invitations expire and days pass by a clock.</summary>
    public GuardianService(IGuardianRepository guardians, TimeProvider time)
    {
        _guardians = guardians;
        _time = time;
        _looks = new(LookAsync, time, canShare: (one, other) => one.Today == other.Today);
    }

    private long Now => _time.GetUtcNow().ToUnixTimeSeconds();

    /// <summary>Invites somebody to watch over a user. The secret is told only here; its hash is kept.</summary>
    /// <param name="ward">The user.</param>
    /// <param name="name">How they are to be called to their guardian.</param>
    /// <exception cref="FailureException">The name or the openid is none, there are too many, or the store is unavailable.</exception>
    public async Task<(Invitation Invitation, string Secret)> InviteAsync(string ward, string? name)
    {
        var (now, secret) = (Now, NewId());
        var invitation = new Invitation(
            NewId(), OpenId.Check(ward), PersonName.Check(name), Hash(secret), now + (long)InvitationLifetime.TotalSeconds);
        return await _guardians.AddAsync(invitation, now) ? (invitation, secret) : throw FailureException.Refused("守护人已达上限");
    }

    /// <summary>Who watches over a user, the first ones first, and then their open invitations.</summary>
    /// <exception cref="FailureException">The openid is none, or the store is unavailable.</exception>
    public Task<IReadOnlyList<Guardian>> GetGuardiansAsync(string ward) => _guardians.QueryGuardiansAsync(OpenId.Check(ward), Now);

    /// <summary>Ends being watched over, or takes an invitation back.</summary>
    /// <exception cref="FailureException">The openid is none, or the store is unavailable.</exception>
    public Task EndGuardianAsync(string ward, string id) => _guardians.DeleteGuardianAsync(OpenId.Check(ward), id);

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
        var now = _time.GetUtcNow();
        var (acceptance, linkId) = await _guardians.AcceptAsync(
            Hash(secret), OpenId.Check(guardian), PersonName.Check(name), now.ToUnixTimeSeconds());
        var today = ChinaDay.Of(now);
        var ward = acceptance switch
        {
            Acceptance.Own => throw FailureException.Refused("不能守护自己"),
            Acceptance.Full => throw FailureException.Refused("守护的人已达上限"),
            Acceptance.Invalid => null,
            // Not in turn with others, for which the time of one request would not do.
            _ => (await _guardians.QueryWardsAsync([guardian], today))[guardian].SingleOrDefault(each => each.Id == linkId),
        };
        return ward is not null
            ? (ward, ClockInState.From(ward.LastClockIn, today))
            : throw FailureException.Refused("邀请已失效"); // or its link was ended in this moment
    }

    /// <summary>Whom a user watches over and how things stand with each, the longest missing first, then by name.</summary>
    /// <exception cref="FailureException">The openid is none, or the store is unavailable.</exception>
    public async Task<IReadOnlyList<(Ward Ward, ClockInState State)>> GetWardsAsync(string guardian)
    {
        var today = ChinaDay.Of(_time.GetUtcNow());
        var wards = await _looks.RunAsync((OpenId.Check(guardian), today));
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
    public Task EndWardAsync(string guardian, string id) => _guardians.DeleteWardAsync(OpenId.Check(guardian), id);

    /// <summary>Erases everything that is kept about a user: clock-ins, links on both sides and invitations.</summary>
    /// <exception cref="FailureException">The openid is none, or the store is unavailable.</exception>
    public Task EraseAsync(string openId) => _guardians.EraseAsync(OpenId.Check(openId));

    private async Task LookAsync(IReadOnlyList<SharedCommitQueue<(string Guardian, DateOnly Today), IEnumerable<Ward>>.Call> calls)
    {
        var guardians = calls.Select(call => call.Request.Guardian).ToHashSet();
        var wards = await _guardians.QueryWardsAsync(guardians, calls[0].Request.Today);
        foreach (var call in calls)
            call.SetResult(wards[call.Request.Guardian]);
    }

    private static string NewId() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(128 / 8));

    private static byte[] Hash(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));
}
