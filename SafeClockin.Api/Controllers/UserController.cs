using System.ComponentModel;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using SafeClockin.Domain.Guardians;

namespace SafeClockin.Api.Controllers;

/// <summary>The user whose token it is.</summary>
[ApiController]
[Authorize]
[Route("api/user")]
[Tags("用户"), Description("token 所属的用户")]
public sealed class UserController(GuardianService guardians) : ControllerBase
{
    /// <summary>Who the user is, and until when the token says so.</summary>
    [HttpGet]
    [EndpointSummary("当前用户")]
    [EndpointDescription("用户是谁，token 何时过期。")]
    public UserReport GetUser()
    {
        var ticket = HttpContext.Features.Get<IAuthenticateResultFeature>()!.AuthenticateResult!;
        return new(User.Identity!.Name!, ticket.Properties!.ExpiresUtc?.ToUnixTimeSeconds());
    }

    /// <summary>Erases everything that is kept about the user. The token stays valid and starts from nothing.</summary>
    [HttpDelete]
    [EndpointSummary("删除我的数据")]
    [EndpointDescription("删除保存的全部打卡记录、邀请和守护关系（双方都不再看到），不可恢复。重复调用结果相同；token 在过期前仍然有效。")]
    [ProducesResponseType(StatusCodes.Status503ServiceUnavailable)]
    public Task EraseUserAsync() => guardians.EraseAsync(User.Identity!.Name!);
}

/// <summary>Who a user is.</summary>
/// <param name="Openid">Who the user is in this mini-program.</param>
/// <param name="ExpiresAt">When the token ends, in seconds since 1970; null without one, by Cloud Hosting's headers.</param>
public sealed record UserReport(
    [property: Description("用户在本小程序中的标识")] string Openid,
    [property: Description("token 过期时间，Unix 秒；由云托管请求头登录时为 null")] long? ExpiresAt);
