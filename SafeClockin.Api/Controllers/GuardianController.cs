using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using SafeClockin.Domain.Guardians;

namespace SafeClockin.Api.Controllers;

/// <summary>Who watches over the user whose token it is.</summary>
[ApiController]
[Authorize]
[Route("api/guardians")]
[Tags("守护人"), Description("谁能看到我是否打卡")]
[ProducesResponseType(StatusCodes.Status503ServiceUnavailable)]
public sealed class GuardianController(GuardianService guardians) : ControllerBase
{
    private string OpenId => User.Identity!.Name!;

    /// <summary>Invites somebody to watch over the user.</summary>
    [HttpPost]
    [EndpointSummary("邀请守护人")]
    [EndpointDescription("邀请码只在这里返回一次，有效期 72 小时，只能被一人接受。守护人和未过期的邀请一共最多 5 个。")]
    public async Task<InvitationAnswer> InviteAsync(InvitationRequest request)
    {
        var (invitation, secret) = await guardians.InviteAsync(OpenId, request.Name);
        return new(invitation.Id, secret, invitation.ExpiresAt);
    }

    /// <summary>Who watches over the user, the first ones first, and then the open invitations.</summary>
    [HttpGet]
    [EndpointSummary("我的守护人")]
    [EndpointDescription("先是守护人，再是还没有被接受的邀请；过期的邀请不再列出。")]
    public async Task<IReadOnlyList<GuardianReport>> GetGuardiansAsync()
        => [.. (await guardians.GetGuardiansAsync(OpenId)).Select(GuardianReport.Of)];

    /// <summary>Ends being watched over by somebody, or takes an invitation back.</summary>
    [HttpDelete("{id}")]
    [EndpointSummary("解除守护或撤回邀请")]
    [EndpointDescription("不存在或属于别人的 id 返回相同的结果，不改变任何内容。")]
    public Task EndGuardianAsync([Description("守护关系或邀请的 id")] string id) => guardians.EndGuardianAsync(OpenId, id);
}

/// <summary>Whom the invitation is from.</summary>
/// <remarks>No record: its text would show the name, and the framework logs arguments when told to log everything.</remarks>
public sealed class InvitationRequest
{
    /// <summary>How the user is called to their guardian.</summary>
    [Required(ErrorMessage = PersonName.Rule), Description("守护人看到的我的名字，1 到 20 个字")]
    public string? Name { get; init; }
}

/// <summary>An invitation that was made.</summary>
/// <param name="Id">By which the user takes it back.</param>
/// <param name="Invitation">What the guardian has to show; told only here.</param>
/// <param name="ExpiresAt">Until when it can be accepted, in seconds since 1970.</param>
public sealed record InvitationAnswer(
    [property: Description("邀请的 id，接受后是守护关系的 id")] string Id,
    [property: Description("邀请码，只返回这一次；作为 /pages/guard/guard?invitation=… 分享")] string Invitation,
    [property: Description("邀请过期的时间，Unix 秒")] long ExpiresAt);

/// <summary>Somebody who watches over the user, or an open invitation.</summary>
/// <param name="Id">By which the user ends it.</param>
/// <param name="Name">How the guardian is called to the user; null while nobody has accepted.</param>
/// <param name="State">Whether the invitation was accepted.</param>
/// <param name="ExpiresAt">Until when the invitation can be accepted, in seconds since 1970; null once it was.</param>
public sealed record GuardianReport(
    [property: Description("守护关系或邀请的 id")] string Id,
    [property: Description("守护人的名字；邀请还没有被接受时为 null")] string? Name,
    [property: AllowedValues(GuardianReport.Active, GuardianReport.Invited), Description("active：正在守护；invited：邀请还没有被接受")] string State,
    [property: Description("邀请过期的时间，Unix 秒；正在守护时为 null")] long? ExpiresAt)
{
    internal const string Active = "active";
    internal const string Invited = "invited";

    internal static GuardianReport Of(Guardian guardian)
        => new(guardian.Id, guardian.Name, guardian.ExpiresAt is null ? Active : Invited, guardian.ExpiresAt);
}
