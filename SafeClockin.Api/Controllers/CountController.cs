using Microsoft.AspNetCore.Mvc;
using SafeClockin.Api.Docs;
using SafeClockin.Api.Envelopes;
using SafeClockin.Domain.Counters;

namespace SafeClockin.Api.Controllers;

/// <summary>The counter.</summary>
[ApiController]
[Route("api/count")]
[Tags("计数")]
public sealed class CountController(CounterService counter) : ControllerBase
{
    /// <summary>The count; 0 before the first increment.</summary>
    [HttpGet]
    [EndpointSummary("读取计数")]
    [EndpointDescription("第一次 inc 之前为 0。")]
    [DataExample("42")]
    [Fails(503, "数据库暂时不可用，请稍后重试")]
    public Task<long> GetAsync() => counter.GetAsync();

    /// <summary>
    /// <c>{"action":"inc"}</c> counts one up and answers the value this produced; <c>{"action":"clear"}</c> sets
    /// the counter back and answers 0.
    /// </summary>
    [HttpPost]
    [EndpointSummary("加一或清零")]
    [EndpointDescription("inc 返回这次加一得到的值，任意两次调用都不会得到同一个值；clear 返回 0。返回 503 时，操作可能已经生效一次，也可能没有生效。")]
    [Reads("action", "inc 加一，clear 清零", "inc", "clear", IsOneOfExamples = true)]
    [DataExample("43")]
    [Fails(200, "缺少action参数", "action参数错误", "计数已达上限，请先清零")]
    [Fails(503, "数据库暂时不可用，请稍后重试")]
    public async Task<ActionResult<long>> PostAsync()
        => await Request.ReadFieldAsync("action") switch
        {
            "inc" => await counter.IncrementAsync(),
            "clear" => await counter.ClearAsync(),
            null => Ok(new ErrorEnvelope("缺少action参数")),
            _ => Ok(new ErrorEnvelope("action参数错误")),
        };
}
