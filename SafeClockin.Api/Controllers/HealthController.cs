using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Mvc;
using SafeClockin.Api.Hosting;
using SafeClockin.Domain;
using SafeClockin.Domain.Counters;
using SafeClockin.Domain.Login;

namespace SafeClockin.Api.Controllers;

/// <summary>What a platform's probes and an operator ask.</summary>
[ApiController]
[Route("health")]
[Tags("健康检查"), Description("供平台探测和运维查看")]
public sealed class HealthController(CounterService counter, LoginService login) : ControllerBase
{
    private static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(1);

    /// <summary>Always answered while the process serves, whatever is broken behind it.</summary>
    [HttpGet]
    [EndpointSummary("服务状态")]
    [EndpointDescription("版本、数据库是否应答、是否已配置登录。只要进程在服务就返回 200，不论数据库是否可用。")]
    public async Task<HealthReport> GetHealthAsync()
    {
        var loginState = login.IsConfigured ? "set" : "unset";
        try
        {
            await PingDatabaseAsync();
            return new(ServiceVersion.Current, "up", loginState);
        }
        catch (FailureException)
        {
            return new(ServiceVersion.Current, "down", loginState);
        }
    }

    /// <summary>Answers 200 when the database answers, otherwise 503.</summary>
    [HttpGet("ready")]
    [EndpointSummary("是否就绪")]
    [EndpointDescription("数据库应答时返回 200，否则 503。")]
    [ProducesResponseType(StatusCodes.Status503ServiceUnavailable)]
    public async Task<string> GetReadinessAsync()
    {
        await PingDatabaseAsync();
        return "ready";
    }

    private async Task PingDatabaseAsync()
    {
        try
        {
            await counter.GetAsync().WaitAsync(PingTimeout);
        }
        catch (TimeoutException e)
        {
            throw FailureException.StoreUnavailable(e);
        }
    }
}

/// <summary>What the service knows of itself; never a setting's value.</summary>
/// <param name="Version">The service's, like "1.0.0".</param>
/// <param name="Database">"up" when the database answered just now, otherwise "down".</param>
/// <param name="Login">"set" when the settings allow logging in, otherwise "unset".</param>
public sealed record HealthReport(
    [property: Description("服务的版本")] string Version,
    [property: AllowedValues("up", "down"), Description("up：数据库刚刚应答；down：没有")] string Database,
    [property: AllowedValues("set", "unset"), Description("set：已配置登录；unset：未配置")] string Login);
