using System.ComponentModel;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using SafeClockin.Api.Auth;
using SafeClockin.Api.Hosting;
using SafeClockin.Domain;

namespace SafeClockin.Api.Controllers;

/// <summary>For a timer outside, where the service does not run all the time.</summary>
[ApiController]
[Authorize(SweepAuth.Policy)]
[Route("api/alerts")]
[Tags("提醒"), Description("供外部定时器调用")]
[ProducesResponseType(StatusCodes.Status503ServiceUnavailable)]
public sealed class AlertController : ControllerBase
{
    // Beginning no more by then, it has answered 8 s after it was called.
    private static readonly TimeSpan TimeToBegin = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(8);

    /// <summary>Sends the messages that are due, for a few seconds.</summary>
    [HttpPost("sweep")]
    [EndpointSummary("发送到期的提醒")]
    [EndpointDescription("以 ALERT_SWEEP_SECRET 为 token。最多工作 8 秒；可以同时调用，每条消息仍只发一次。")]
    public async Task<SweepAnswer> SweepAlertsAsync(
        [FromServices] AlertSweeper sweeper, [FromServices] IHostApplicationLifetime lifetime, [FromServices] TimeProvider time)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(lifetime.ApplicationStopping);
        stop.CancelAfter(TimeToBegin);
        try
        {
            var report = await sweeper.SweepAsync(stop.Token).WaitAsync(Timeout, time);
            return new(report.Sent, report.Failed, report.Left);
        }
        catch (TimeoutException e)
        {
            throw FailureException.StoreUnavailable(e); // all else has deadlines that end before
        }
    }
}

/// <summary>What a sweep did.</summary>
/// <param name="Sent">How many messages WeChat took.</param>
/// <param name="Failed">How many could not be sent and are to be tried again.</param>
/// <param name="Left">How many are still due.</param>
public sealed record SweepAnswer(
    [property: Description("发出了多少条")] int Sent,
    [property: Description("多少条没能发出，下次再发")] int Failed,
    [property: Description("还有多少条待发")] int Left);
