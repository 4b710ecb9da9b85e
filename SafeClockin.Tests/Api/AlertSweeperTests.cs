using Microsoft.Extensions.DependencyInjection;
using Moq;
using SafeClockin.Api.Hosting;
using SafeClockin.Domain;
using SafeClockin.Domain.Alerts;
using SafeClockin.Domain.ClockIns;
using SafeClockin.Tests.Servers;

namespace SafeClockin.Tests.Api;

/// <summary>Sweeps that a process makes by itself or is asked for, on stores that fail, hang or know of one link.</summary>
public sealed class AlertSweeperTests
{
    [Test]
    public async Task A_process_sweeps_every_few_minutes_whatever_has_failed_and_says_what_it_did()
    {
        using var weChat = new WeChatStub();
        var time = new ImpatientTime(TimeSpan.FromMinutes(1));
        using var service = StartOn(StoreOfOneLink(), weChat, time);

        await Wait.UntilAsync(() => LinesOf(service).Length >= 3);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                LinesOf(service),
                Is.EqualTo(new[]
                {
                    "Error: Alerts: \"The store is unavailable: a detail\"", "Error: Alerts: \"a mistake of ours\"",
                    "Information: Alerts: 1 sent, 0 still due",
                }));
            Assert.That(service.Log.Select(line => line.Exception), Has.All.Null);
            Assert.That(weChat.Messages, Has.Count.EqualTo(1));
            Assert.That(time.Waits, Has.All.InRange(TimeSpan.FromSeconds(90), TimeSpan.FromMinutes(3)));
        }
    }

    [Test]
    public async Task A_process_that_waits_for_its_next_sweep_ends_without_it()
    {
        using var weChat = new WeChatStub();
        using var service = Service.Start(weChat.AlertSettings());
        var sweeper = service.Services.GetRequiredService<AlertSweeper>();

        await sweeper.StopAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30)); // the wait is of minutes
    }

    [Test]
    public async Task A_process_that_is_asked_to_end_while_it_sweeps_begins_no_more_messages()
    {
        using var weChat = new WeChatStub();
        var store = NewStore();
        store.Setup(alerts => alerts.FindAsync(It.IsAny<long>(), It.IsAny<DateOnly>(), It.IsAny<int>())).ReturnsAsync([Link]); // each time
        using var service = StartOn(store.Object, weChat, new ImpatientTime(TimeSpan.FromMinutes(1)));
        await Wait.UntilAsync(() => weChat.Messages.Count > 2);

        await service.Services.GetRequiredService<AlertSweeper>().StopAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30));
    }

    [TestCase(-1, "Warning: Alerts: 1 not sent, and \"to be tried again\": \"")]
    [TestCase(47003, "Error: Alerts: 1 not sent, and \"to be tried again\": \"WX_ALERT_DATA is wrong: ")]
    [TestCase(40003, "Warning: Alerts: 1 not sent, and \"switched off\": \"the receiver is wrong: ")]
    public async Task What_kept_a_message_from_being_sent_is_told_by_its_cause_and_the_request_s_id(int errorCode, string line)
    {
        using var weChat = new WeChatStub { AnswerToMessage = _ => WeChatStub.Text($$"""{"errcode":{{errorCode}},"errmsg":"rid: r-1"}""") };
        using var service = StartOn(StoreOfOneLink(), weChat, new ImpatientTime(TimeSpan.FromMinutes(1)));

        await Wait.UntilAsync(() => LinesOf(service).Length >= 3);

        Assert.That(LinesOf(service)[2], Is.EqualTo($"{line}WeChat answered errcode {errorCode}\" \"r-1\""));
    }

    [Test]
    public async Task A_process_without_alerts_sweeps_nothing()
    {
        using var service = Service.StartEmbedded();

        await service.Services.GetRequiredService<AlertSweeper>().ExecuteTask!.WaitAsync(TimeSpan.FromSeconds(30)); // a wait is of minutes
    }

    [Test]
    public async Task What_keeps_alerts_from_being_sent_is_told_at_the_start()
    {
        var settings = Service.EmbeddedStore();
        settings["WX_ALERT_TEMPLATE_ID"] = "template-1";
        using var service = Service.Start(settings);

        await Wait.UntilAsync(() => LinesOf(service).Length >= 2);

        Assert.That(LinesOf(service), Is.EqualTo(new[]
        {
            "Warning: Alerts cannot be sent: \"WX_APPID is not set\"", "Warning: Alerts cannot be sent: \"WX_ALERT_DATA is not set\"",
        }));
    }

    [Test]
    public async Task A_sweep_that_is_asked_for_is_answered_while_its_store_hangs_before_a_timer_outside_gives_up()
    {
        using var weChat = new WeChatStub();
        var settings = weChat.AlertSettings();
        settings["ALERT_SWEEP_SECRET"] = "a-secret-of-the-timer-of-more-than-32-bytes";
        settings["ALERT_TIME"] = "00:00";
        var store = new Mock<IAlertRepository>();
        store.Setup(alerts => alerts.FindAsync(It.IsAny<long>(), It.IsAny<DateOnly>(), It.IsAny<int>()))
            .Returns(new TaskCompletionSource<IReadOnlyList<ArmedLink>>().Task);
        var time = new ImpatientTime(TimeSpan.FromSeconds(7)); // before four are over a last batch begins, which may take three
        using var service = Service.Start(settings, services => services.AddSingleton<TimeProvider>(time).AddSingleton(store.Object));
        using var client = service.CreateClient();
        client.DefaultRequestHeaders.Authorization = new("Bearer", settings["ALERT_SWEEP_SECRET"]);

        using var answer = await client.PostAsync("/api/alerts/sweep", null);

        Assert.That((int)answer.StatusCode, Is.EqualTo(503));
        Assert.That(time.Waits, Has.Some.LessThan(TimeSpan.FromSeconds(10)));
    }

    private static Service StartOn(IAlertRepository store, WeChatStub weChat, TimeProvider time)
    {
        var settings = weChat.AlertSettings();
        settings["ALERT_TIME"] = "00:00";
        return Service.Start(settings, services => services.AddSingleton(time).AddSingleton(store));
    }

    private static IAlertRepository StoreOfOneLink()
    {
        var store = NewStore();
        store.SetupSequence(alerts => alerts.FindAsync(It.IsAny<long>(), It.IsAny<DateOnly>(), It.IsAny<int>()))
            .ThrowsAsync(FailureException.StoreUnavailable(new TimeoutException("a detail")))
            .ThrowsAsync(new InvalidOperationException("a mistake of ours"))
            .ReturnsAsync([Link])
            .ReturnsAsync([])
            .Returns(new TaskCompletionSource<IReadOnlyList<ArmedLink>>().Task); // no more sweeps
        return store.Object;
    }

    private static ArmedLink Link
        => new() { Id = "link", Guardian = "an-openid", WardName = "妈妈", LastDay = ChinaDay.Of(DateTimeOffset.UtcNow).AddDays(-3) };

    /// <summary>A store that lets the link be claimed by whoever asks.</summary>
    private static Mock<IAlertRepository> NewStore()
    {
        var store = new Mock<IAlertRepository>();
        store.Setup(alerts => alerts.ClaimAsync(It.IsAny<IReadOnlyCollection<string>>(), It.IsAny<Guid>(), It.IsAny<long>(), It.IsAny<long>()))
            .ReturnsAsync(new HashSet<string> { Link.Id });
        store.Setup(alerts => alerts.CountAsync(It.IsAny<long>(), It.IsAny<DateOnly>(), It.IsAny<DateOnly>())).ReturnsAsync([]);
        return store;
    }

    private static string[] LinesOf(Service service)
        => [.. service.Log.Select(line => $"{line.Level}: {line.RenderMessage()}").Where(line => line.Contains(": Alerts", StringComparison.Ordinal))];
}
