using System.ComponentModel;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using SafeClockin.Domain.ClockIns;

namespace SafeClockin.Api.Controllers;

/// <summary>The daily clock-in of the user whose token it is.</summary>
[ApiController]
[Authorize]
[Route("api/clockin")]
[Tags("打卡"), Description("每天一次的安全打卡，按北京时间的日期计")]
[ProducesResponseType(StatusCodes.Status503ServiceUnavailable)]
public sealed class ClockInController(ClockInService clockIns) : ControllerBase
{
    private string OpenId => User.Identity!.Name!;

    /// <summary>How things stand with the user today.</summary>
    [HttpGet]
    [EndpointSummary("今天的打卡状态")]
    [EndpointDescription("今天是否已打卡、连续多少天、漏了多少天。")]
    public async Task<ClockInReport> GetClockInAsync() => ClockInReport.Of(await clockIns.GetStateAsync(OpenId));

    /// <summary>Clocks the user in today, once, and tells how things stand afterwards.</summary>
    [HttpPost]
    [EndpointSummary("打卡")]
    [EndpointDescription("不需要请求体。同一天重复打卡不会改变任何内容，返回第一次的结果；因此返回 503 时可以放心重试。")]
    public async Task<ClockInReport> ClockInAsync() => ClockInReport.Of(await clockIns.ClockInAsync(OpenId));

    /// <summary>The days of a month on which the user clocked in.</summary>
    [HttpGet("days")]
    [EndpointSummary("某个月的打卡记录")]
    [EndpointDescription("只列出打过卡的日子，按日期升序。")]
    public async Task<IReadOnlyList<ClockInDay>> GetDaysAsync([Description("月份，如 2026-11；缺省为本月")] string? month)
        => [.. (await clockIns.GetDaysAsync(OpenId, month)).Select(clockIn => new ClockInDay(clockIn.Day, clockIn.ClockedInAt))];
}

/// <summary>How things stand with a user.</summary>
/// <param name="Day">Today, in China.</param>
/// <param name="ClockedInAt">When they first clocked in today, in seconds since 1970; null when they have not.</param>
/// <param name="Streak">Days in a row up to today, or up to yesterday while today is still open.</param>
/// <param name="MissedDays">Whole days since the last clock-in on which there was none.</param>
public sealed record ClockInReport(
    [property: Description("今天的日期（北京时间）")] DateOnly Day,
    [property: Description("今天第一次打卡的时间，Unix 秒；未打卡为 null")] long? ClockedInAt,
    [property: Description("连续打卡的天数；今天还没打卡时算到昨天")] int Streak,
    [property: Description("上次打卡之后漏了多少整天，今天不算；从未打卡为 0")] int MissedDays)
{
    internal static ClockInReport Of(ClockInState state) => new(state.Day, state.ClockedInAt, state.Streak, state.MissedDays);
}

/// <summary>A day on which a user clocked in.</summary>
/// <param name="Day">The day, in China.</param>
/// <param name="ClockedInAt">When they first did, in seconds since 1970.</param>
public sealed record ClockInDay(
    [property: Description("日期（北京时间）")] DateOnly Day,
    [property: Description("当天第一次打卡的时间，Unix 秒")] long ClockedInAt);
