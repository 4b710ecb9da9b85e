using System.ComponentModel;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.RateLimiting;
using SafeClockin.Api.Auth;
using SafeClockin.Api.Docs;
using SafeClockin.Domain.Login;

namespace SafeClockin.Api.Controllers;

/// <summary>Logging in.</summary>
/// <remarks>The code is no parameter of an action: the framework would write it to a log that is told to keep all.</remarks>
[ApiController]
[Route("api/login")]
[EnableRateLimiting(LoginRateLimit.Policy)]
[Tags("登录")]
[Reads("code", "wx.login 得到的 code，最长 128 个字符", "0a1B2c")]
[DataExample("""{"token":"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJvcGVuaWQiOiJvLi4uIn0.c2ln"}""")]
[Fails(200, "缺少code参数", "code参数错误", "微信API调用失败: 登录凭证无效，请重新登录", "微信API调用失败: 登录凭证已使用，请重新登录")]
[Fails(429, "登录太频繁，请稍后再试")]
[Fails(500, "服务配置错误")]
[Fails(502, "微信服务暂时不可用，请稍后重试")]
[Fails(503, "登录未配置")]
[Fails(504, "微信服务暂时不可用，请稍后重试")]
public sealed class LoginController(LoginService login) : ControllerBase
{
    /// <summary><c>?code=</c> what <c>wx.login</c> gave the mini-program: a token for it.</summary>
    [HttpGet]
    [EndpointSummary("登录")]
    [EndpointDescription("用 wx.login 得到的 code 换取 token，有效期七天。code 只能用一次。")]
    public Task<LoginAnswer> GetAsync(CancellationToken cancellationToken)
        => LogInAsync(Request.Query["code"], cancellationToken);

    /// <summary><c>{"code":"…"}</c>: the same.</summary>
    [HttpPost]
    [EndpointSummary("登录（POST）")]
    [EndpointDescription("与 GET 相同，code 放在请求体中，不会出现在沿途的访问日志里。")]
    public async Task<LoginAnswer> PostAsync(CancellationToken cancellationToken)
        => await LogInAsync(await Request.ReadFieldAsync("code"), cancellationToken);

    private async Task<LoginAnswer> LogInAsync(string? code, CancellationToken cancellationToken)
        => new(await login.LogInAsync(code, cancellationToken));
}

/// <summary>What a user who has logged in gets.</summary>
/// <param name="Token">To be sent with later requests: <c>Authorization: Bearer …</c>.</param>
public sealed record LoginAnswer([property: Description("之后的请求放在 Authorization: Bearer 后面")] string Token);
