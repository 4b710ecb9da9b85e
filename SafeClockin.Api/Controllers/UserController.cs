using System.ComponentModel;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;

namespace SafeClockin.Api.Controllers;

/// <summary>The user whose token it is.</summary>
[ApiController]
[Authorize]
[Route("api/user")]
[Tags("用户"), Description("token 所属的用户")]
public sealed class UserController : ControllerBase
{
    /// <summary>Who the token says the user is, and until when.</summary>
    [HttpGet]
    [EndpointSummary("当前用户")]
    [EndpointDescription("token 属于谁，何时过期。")]
    public UserReport GetUser()
    {
        var ticket = HttpContext.Features.Get<IAuthenticateResultFeature>()!.AuthenticateResult!;
        return new(User.Identity!.Name!, ticket.Properties!.ExpiresUtc!.Value.ToUnixTimeSeconds());
    }
}

/// <summary>What a token says.</summary>
/// <param name="Openid">Who the user is in this mini-program.</param>
/// <param name="ExpiresAt">When the token ends, in seconds since 1970.</param>
public sealed record UserReport(
    [property: Description("用户在本小程序中的标识")] string Openid,
    [property: Description("token 过期时间，Unix 秒")] long ExpiresAt);
