using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.RateLimiting;
using SafeClockin.Api.Auth;
using SafeClockin.Domain.Login;

namespace SafeClockin.Api.Controllers;

/// <summary>Logging in.</summary>
[ApiController]
[Route("api/login")]
[EnableRateLimiting(LoginRateLimit.Policy)]
[Tags("登录"), Description("用微信登录凭证换取 token")]
[ProducesResponseType(StatusCodes.Status502BadGateway)]
[ProducesResponseType(StatusCodes.Status503ServiceUnavailable)]
[ProducesResponseType(StatusCodes.Status504GatewayTimeout)]
public sealed class LoginController(LoginService login) : ControllerBase
{
    /// <summary>Exchanges a code for a token.</summary>
    [HttpGet]
    [EndpointSummary("登录")]
    [EndpointDescription("用 wx.login 得到的 code 换取 token，有效期七天。code 只能用一次。")]
    public async Task<LoginAnswer> LogInByQueryAsync([FromQuery] LoginRequest request, CancellationToken cancellationToken)
        => new(await login.LogInAsync(request.Code!, cancellationToken));

    /// <summary>The same, with the code in the body.</summary>
    [HttpPost]
    [EndpointSummary("登录（POST）")]
    [EndpointDescription("与 GET 相同，code 放在请求体中，不会出现在沿途的访问日志里。")]
    public Task<LoginAnswer> LogInAsync(LoginRequest request, CancellationToken cancellationToken)
        => LogInByQueryAsync(request, cancellationToken);
}

/// <summary>Who wants to log in.</summary>
/// <remarks>No record: its text would show the code, and the framework logs arguments when told to log everything.</remarks>
public sealed class LoginRequest
{
    /// <summary>What <c>wx.login</c> gave the mini-program, 32 characters; nothing much longer is worth asking about.</summary>
    [Required, StringLength(128), Description("wx.login 得到的 code")]
    public string? Code { get; init; }
}

/// <summary>What a user who has logged in gets.</summary>
/// <param name="Token">To be sent with later requests: <c>Authorization: Bearer …</c>.</param>
public sealed record LoginAnswer([property: Description("之后的请求放在 Authorization: Bearer 后面")] string Token);
