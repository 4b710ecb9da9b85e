using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Mvc;
using SafeClockin.Domain.Counters;

namespace SafeClockin.Api.Controllers;

/// <summary>The counter.</summary>
[ApiController]
[Route("api/count")]
[Tags("计数"), Description("所有用户共享的一个计数")]
[ProducesResponseType(StatusCodes.Status503ServiceUnavailable)]
public sealed class CountController(CounterService counter) : ControllerBase
{
    /// <summary>The count; 0 before the first increment.</summary>
    [HttpGet]
    [EndpointSummary("读取计数")]
    [EndpointDescription("第一次 inc 之前为 0。")]
    public Task<long> GetCountAsync() => counter.GetAsync();

    /// <summary>Counts one up and answers the value this produced, or sets the counter back and answers 0.</summary>
    [HttpPost]
    [EndpointSummary("加一或清零")]
    [EndpointDescription("inc 返回这次加一得到的值，任意两次调用都不会得到同一个值；clear 返回 0。返回 503 时，操作可能已经生效一次，也可能没有生效。")]
    public Task<long> ChangeCountAsync(CountRequest request)
        => request.Action == CountRequest.Increment ? counter.IncrementAsync() : counter.ClearAsync();
}

/// <summary>What to do with the count.</summary>
public sealed class CountRequest(string action)
{
    internal const string Increment = "inc";
    internal const string Clear = "clear";

    /// <summary><c>inc</c> or <c>clear</c>.</summary>
    [AllowedValues(Increment, Clear), Description("inc 加一，clear 清零")]
    public string Action => action;
}
