using System.ComponentModel;
using Microsoft.AspNetCore.Mvc;
using SafeClockin.Api.Docs;
using SafeClockin.Domain;
using SafeClockin.Domain.Counters;
using SafeClockin.Domain.Login;

namespace SafeClockin.Api.Controllers;

/// <summary>What a platform's probes and an operator ask.</summary>
[ApiController]
[Route("health")]
[Tags("健康检查")]
public sealed class HealthController(CounterService counter, LoginService login) : ControllerBase
{
    /// <summary>How long the database may take to answer before it is reported down.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>Always answered while the process serves, whatever is broken behind it.</summary>
    [HttpGet]
    [EndpointSummary("服务状态")]
    [EndpointDescription("只要进程在服务就返回 200，不论数据库是否可用。")]
    [DataExample("""{"database":"up","login":"set"}""")]
    public async Task<HealthReport> GetAsync()
    {
        var loginState = login.IsConfigured ? "set" : "unset";
        try
        {
            await AskDatabaseAsync();
            return new("up", loginState);
        }
        catch (FailureException)
        {
            return new("down", loginState);
        }
    }

    /// <summary>Answers 200 when the database answers, otherwise 503.</summary>
    [HttpGet("ready")]
    [EndpointSummary("是否就绪")]
    [EndpointDescription("数据库应答时返回 200，否则 503。")]
    [DataExample("\"ready\"")]
    [Fails(503, "数据库暂时不可用，请稍后重试")]
    public async Task<string> GetReadyAsync()
    {
        await AskDatabaseAsync();
        return "ready";
    }

    private async Task AskDatabaseAsync()
    {
        try
        {
            await counter.GetAsync().WaitAsync(Patience);
        }
        catch (TimeoutException e)
        {
            throw FailureException.StoreUnavailable(e);
        }
    }
}

/// <summary>What the service knows of itself; never a setting's value.</summary>
/// <param name="Database">"up" when the database answered just now, otherwise "down".</param>
/// <param name="Login">"set" when the settings allow logging in, otherwise "unset".</param>
public sealed record HealthReport(
    [property: Description("up：数据库刚刚应答；down：没有")] string Database,
    [property: Description("set：已配置登录；unset：未配置")] string Login);
