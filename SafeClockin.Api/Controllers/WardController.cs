using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.RateLimiting;
using SafeClockin.Api.Auth;
using SafeClockin.Domain;
using SafeClockin.Domain.Alerts;
using SafeClockin.Domain.ClockIns;
using SafeClockin.Domain.Guardians;

namespace SafeClockin.Api.Controllers;

/// <summary>Whom the user whose token it is watches over.</summary>
[ApiController]
[Authorize]
[Route("api/wards")]
[Tags("我守护的"), Description("我能看到谁是否打卡")]
[ProducesResponseType(StatusCodes.Status503ServiceUnavailable)]
public sealed class WardController(GuardianService guardians, AlertService alerts) : ControllerBase
{
    private string OpenId => User.Identity!.Name!;

    /// <summary>Accepts an invitation to watch over somebody.</summary>
    [HttpPost]
    [EnableRateLimiting(LoginRateLimit.Policy)]
    [EndpointSummary("接受邀请")]
    [EndpointDescription("第一个接受的人成为守护人，重复接受返回相同的结果；其他人，以及未知、过期或撤回的邀请，一律返回 邀请已失效。最多守护 50 人。")]
    public async Task<WardReport> AcceptAsync(AcceptanceRequest request)
    {
        var (ward, state) = await guardians.AcceptAsync(OpenId, request.Invitation!, request.Name);
        return WardReport.Of(ward, state);
    }

    /// <summary>Whom the user watches over, the longest missing first, then by name.</summary>
    [HttpGet]
    [EndpointSummary("我守护的人")]
    [EndpointDescription("漏打卡最久的在前，其次按名字。")]
    public async Task<IReadOnlyList<WardReport>> GetWardsAsync()
        => [.. (await guardians.GetWardsAsync(OpenId)).Select(each => WardReport.Of(each.Ward, each.State))];

    /// <summary>Stops watching over somebody.</summary>
    [HttpDelete("{id}")]
    [EndpointSummary("不再守护")]
    [EndpointDescription("不存在或属于别人的 id 返回相同的结果，不改变任何内容。")]
    public Task EndWardAsync([Description("守护关系的 id")] string id) => guardians.EndWardAsync(OpenId, id);

    /// <summary>Has the user get one message when the ward has missed a day.</summary>
    [HttpPost("{id}/alert")]
    [EndpointSummary("提醒我一次")]
    [EndpointDescription("用户在 wx.requestSubscribeMessage 中同意之后调用；一次同意，一条消息，发出后 alert 变回 false。已经打开时不改变任何内容。")]
    public async Task<WardReport> ArmAlertAsync([Description("守护关系的 id")] string id)
    {
        await alerts.ArmAsync(OpenId, id);
        var wards = (await guardians.GetWardsAsync(OpenId)).Where(each => each.Ward.Id == id).ToList();
        return wards is [var (ward, state)] ? WardReport.Of(ward, state) : throw FailureException.Refused("守护关系不存在");
    }
}

/// <summary>Who accepts which invitation.</summary>
/// <remarks>No record: its text would show the invitation, and the framework logs arguments when told to log everything.</remarks>
public sealed class AcceptanceRequest
{
    /// <summary>What the invitation told.</summary>
    [Required, Description("邀请码")]
    public string? Invitation { get; init; }

    /// <summary>How the user is called to their ward.</summary>
    [Required(ErrorMessage = PersonName.Rule), Description("被守护人看到的我的名字，1 到 20 个字")]
    public string? Name { get; init; }
}

/// <summary>Somebody whom the user watches over.</summary>
/// <param name="Id">By which the user stops.</param>
/// <param name="Name">How the ward is called to the user.</param>
/// <param name="ClockedInToday">Whether the ward has clocked in today, in China.</param>
/// <param name="LastClockInAt">The ward's last clock-in, in seconds since 1970; null when they never clocked in.</param>
/// <param name="MissedDays">Whole days since the ward's last clock-in on which there was none.</param>
/// <param name="Alert">Whether the user will get a message when the ward has missed a day.</param>
public sealed record WardReport(
    [property: Description("守护关系的 id")] string Id,
    [property: Description("被守护人的名字")] string Name,
    [property: Description("今天（北京时间）是否已打卡")] bool ClockedInToday,
    [property: Description("最近一个打卡日的打卡时间，Unix 秒；从未打卡为 null")] long? LastClockInAt,
    [property: Description("上次打卡之后漏了多少整天，今天不算；从未打卡为 0")] int MissedDays,
    [property: Description("对方漏打卡时是否发一次提醒")] bool Alert)
{
    internal static WardReport Of(Ward ward, ClockInState state)
        => new(ward.Id, ward.Name, state.ClockedInAt is not null, ward.LastClockIn?.ClockedInAt, state.MissedDays, ward.Alert);
}
