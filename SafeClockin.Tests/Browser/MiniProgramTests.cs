using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using SafeClockin.Tests.Servers;

namespace SafeClockin.Tests.Browser;

/// <summary>
/// The example mini-program in a real browser, by WeChat's own component framework, in front of the real service.
/// </summary>
public sealed partial class MiniProgramTests
{
    private static readonly DateTimeOffset Morning = new(2026, 11, 24, 8, 5, 59, TimeSpan.FromHours(8));

    private const int Height = 1060; // which shows the whole page

    private readonly SettableTime _clock = new();
    private string _html;
    private WeChatStub _weChat;
    private Service _service;
    private HttpClient _client;
    private string _openId;
    private int _accepted;

    private Uri Address => _service.ClientOptions.BaseAddress;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _html = await MiniProgram.BuildPageAsync();
        _weChat = new();
        _service = Service.Start(
            new Dictionary<string, string>(_weChat.AlertSettings()) { ["LOGIN_RATE_LIMIT"] = "1000" },
            services => services.AddSingleton<TimeProvider>(_clock));
        _client = _service.CreateClient();
    }

    [OneTimeTearDown]
    public void Stop()
    {
        _client?.Dispose();
        _service?.Dispose();
        _weChat?.Dispose();
    }

    /// <summary>Everybody is new, on the same morning.</summary>
    [SetUp]
    public void Begin()
    {
        _openId = SomebodyElse();
        _accepted = 0;
        _clock.Set(Morning);
    }

    [Test]
    public async Task A_new_user_is_signed_in_and_clocks_in_by_one_tap()
    {
        await using var visitor = await OpenAsync();
        await visitor.SeeAsync("从今天开始打卡吧");
        var circle = await visitor.Button("打卡").BoundingBoxAsync();
        Assert.That(circle!.Width, Is.EqualTo(circle.Height), "of the round button");
        Assert.That(await BorderAsync("11月24日，今天"), Is.Not.EqualTo(await BorderAsync("11月23日")), "today is marked");

        await visitor.ClickAsync("打卡");

        await SeeDoneAsync(visitor, "08:05");
        await SeeFiguresAsync(visitor, streak: 1, missedDays: 0);
        await Assertions.Expect(Day(visitor, "11月24日，今天，已打卡")).ToBeVisibleAsync();
        Assert.That(PathsOf(visitor), Is.EqualTo(new[]
        {
            "GET /",
            "GET /api/clockin",
            "POST /api/login",
            "GET /api/clockin",
            "GET /api/clockin/days?month=2026-11",
            "POST /api/clockin",
        }));
        ExpectNoComplaintsButTheFirst401(visitor);

        Task<string> BorderAsync(string day)
            => Day(visitor, day).EvaluateAsync<string>("day => getComputedStyle(day).borderColor");
    }

    [Test]
    public async Task The_preview_lays_its_bars_and_buttons_out_as_WeChat_does(
        [Values(ColorScheme.Light, ColorScheme.Dark)] ColorScheme scheme)
    {
        await using var visitor = await OpenAsync(scheme);
        await visitor.SeeAsync("从今天开始打卡吧");

        var bars = await visitor.Page.Locator(".wx-bar, .wx-tabs").AllAsync();
        Assert.That(bars, Has.Count.EqualTo(2));
        foreach (var bar in bars)
        {
            var ground = await bar.EvaluateAsync<string>("bar => getComputedStyle(bar).backgroundColor");
            var brightest = Regex.Matches(ground, @"\d+").Max(part => int.Parse(part.Value));
            Assert.That(brightest, scheme == ColorScheme.Dark ? Is.LessThan(128) : Is.AtLeast(128), ground);
        }

        await visitor.Page.SetViewportSizeAsync(375, 500);
        var tabs = await visitor.Page.Locator(".wx-tabs").BoundingBoxAsync();
        Assert.That(tabs!.Y + tabs.Height, Is.EqualTo(500), "they stay in a window that is lower than the page");

        var colours = await visitor.Page.GetByRole(AriaRole.Tab).EvaluateAllAsync<string[]>(
            "tabs => tabs.map(tab => getComputedStyle(tab).color)");
        Assert.That(colours[1..], Has.Length.EqualTo(2).And.None.EqualTo(colours[0]), "of the tab that is shown");

        var width = await visitor.Page.EvaluateAsync<double>(
            """
            () => {
              document.head.append(Object.assign(document.createElement('style'), { textContent: '.own { width: 50px }' }));
              const button = Object.assign(document.createElement('button'), { className: 'own' });
              document.body.append(button);
              return button.getBoundingClientRect().width;
            }
            """);
        Assert.That(width, Is.EqualTo(184), "one class does not outweigh WeChat's own style of buttons");
    }

    [Test]
    public async Task A_user_who_comes_back_is_still_signed_in_and_sees_what_is_done()
    {
        await using var visitor = await OpenAsync();
        await visitor.ClickAsync("打卡");
        await SeeDoneAsync(visitor, "08:05");

        _clock.Set(_clock.GetUtcNow() + TimeSpan.FromHours(3));
        await visitor.Page.ReloadAsync();

        await SeeDoneAsync(visitor, "08:05");
        await Assertions.Expect(Day(visitor, "11月24日，今天，已打卡")).ToBeVisibleAsync();
        Assert.That(PathsOf(visitor).Count(path => path == "POST /api/login"), Is.EqualTo(1));
        ExpectNoComplaintsButTheFirst401(visitor);

        await GoToAsync(visitor, "守护人");
        await visitor.Page.ReloadAsync();
        await Assertions.Expect(
            visitor.Page.GetByRole(AriaRole.Tab, new() { Name = "守护人", Selected = true })).ToBeVisibleAsync();
    }

    [Test]
    public async Task A_browser_profile_is_the_same_user_of_the_preview_whenever_it_is_opened()
    {
        // Without the user that the other tests begin with.
        await using var visitor = await OpenAsync(
            prepare: context => context.AddInitScriptAsync("sessionStorage.isOpened ??= delete localStorage.user"));
        await visitor.SeeAsync("暂时读不到打卡情况");
        await visitor.Page.ReloadAsync();
        await visitor.SeeAsync("暂时读不到打卡情况");

        var logins = visitor.Requests.Where(request => request.Url.EndsWith("/api/login", StringComparison.Ordinal))
            .Select(request => request.PostData!).ToList();
        Assert.That(logins, Has.Count.EqualTo(2).And.All.EqualTo(logins[0]));
    }

    [Test]
    public async Task A_token_that_is_no_longer_valid_is_renewed_unseen()
    {
        await using var visitor = await OpenAsync(storage: [new("storage.token", "\"an old one\"")]);

        await visitor.ClickAsync("打卡");

        await SeeDoneAsync(visitor, "08:05");
        ExpectNoComplaintsButTheFirst401(visitor);
    }

    [Test]
    public async Task A_second_tap_while_the_first_is_under_way_does_nothing()
    {
        await using var visitor = await OpenAsync();
        await visitor.SeeAsync("从今天开始打卡吧");
        var mayGoOn = new TaskCompletionSource();
        await visitor.Page.RouteAsync("**/api/clockin", async route =>
        {
            await mayGoOn.Task;
            await route.ContinueAsync();
        });

        await visitor.ClickAsync("打卡");
        await visitor.ExpectStateAsync("miniprogram-clockin-busy");
        await visitor.ClickAsync("打卡中");
        mayGoOn.SetResult();

        await SeeDoneAsync(visitor, "08:05");
        Assert.That(PathsOf(visitor).Count(path => path == "POST /api/clockin"), Is.EqualTo(1));
    }

    [Test]
    public async Task A_streak_is_told_before_and_after_todays_clock_in()
    {
        await ClockInOnAsync("2026-11-21", "2026-11-22", "2026-11-23");
        await using var visitor = await OpenAsync();
        await visitor.SeeAsync("今天还没打卡");
        await SeeFiguresAsync(visitor, streak: 3, missedDays: 0);

        await visitor.ClickAsync("打卡");

        await SeeFiguresAsync(visitor, streak: 4, missedDays: 0);
        await visitor.SeeAsync("打卡 4 天");
    }

    [Test]
    public async Task Missed_days_are_told_until_the_next_clock_in()
    {
        await ClockInOnAsync("2026-11-20", "2026-11-21");
        await using var visitor = await OpenAsync();
        await visitor.SeeAsync("你已经 2 天没打卡了");
        await SeeFiguresAsync(visitor, streak: 0, missedDays: 2);
        await visitor.ExpectStateAsync("miniprogram-clockin-missed");

        await visitor.ClickAsync("打卡");

        await SeeFiguresAsync(visitor, streak: 1, missedDays: 0);
    }

    [Test]
    public async Task The_calendar_goes_back_month_by_month_and_forward_to_the_current_one()
    {
        await ClockInOnAsync("2025-12-31", "2026-10-01", "2026-10-31", "2026-11-01");
        await using var visitor = await OpenAsync();
        await SeeMonthAsync(visitor, "2026年11月打卡 1 天");
        await Assertions.Expect(Day(visitor, "11月1日，已打卡")).ToBeVisibleAsync();
        await Assertions.Expect(visitor.Button("下个月")).ToBeHiddenAsync();

        await visitor.ClickAsync("上个月");
        await SeeMonthAsync(visitor, "2026年10月打卡 2 天");
        await Assertions.Expect(Day(visitor, "10月31日，已打卡")).ToBeVisibleAsync();
        await Assertions.Expect(Day(visitor, "10月30日")).ToBeVisibleAsync();
        Assert.That(
            await visitor.Page.EvaluateAsync<string[]>("() => [...document.querySelectorAll('[class*=arrow]')].map(arrow => getComputedStyle(arrow).transform)"),
            Has.Length.EqualTo(2).And.Unique, "one to each side");
        Assert.That(
            await visitor.Button("上个月").EvaluateAsync<string>("button => getComputedStyle(button).backgroundColor"),
            Is.EqualTo("rgba(0, 0, 0, 0)"), "without WeChat's grey");

        for (var month = 9; month >= 1; month--)
        {
            await visitor.ClickAsync("上个月");
            await SeeMonthAsync(visitor, $"2026年{month}月");
        }
        await visitor.ClickAsync("上个月");
        await SeeMonthAsync(visitor, "2025年12月打卡 1 天");

        await visitor.ClickAsync("下个月");
        await SeeMonthAsync(visitor, "2026年1月");
        ExpectNoComplaintsButTheFirst401(visitor);
    }

    [Test]
    public async Task The_data_are_erased_after_a_question()
    {
        await ClockInOnAsync("2026-11-22", "2026-11-23", "2026-11-24");
        await using var visitor = await OpenAsync(prepare: context => context.Clock.InstallAsync());
        await SeeFiguresAsync(visitor, streak: 3, missedDays: 0);

        await visitor.ClickAsync("删除我的数据");
        await visitor.ClickAsync("取消");
        await visitor.ClickAsync("删除我的数据");
        await visitor.Page.Keyboard.PressAsync("Escape");

        await visitor.ClickAsync("删除我的数据");
        await visitor.Page.Clock.PauseAtAsync(DateTime.UtcNow.AddHours(1)); // so that what is told stays
        await visitor.ClickAsync("删除");
        await visitor.SeeAsync("已删除");
        await visitor.ExpectStateAsync("miniprogram-erased");
        await visitor.Page.Clock.ResumeAsync();
        await visitor.SeeAsync("从今天开始打卡吧");
        await SeeFiguresAsync(visitor, streak: 0, missedDays: 0);
        await Assertions.Expect(Day(visitor, "11月23日")).ToBeVisibleAsync();
        await SeeMonthAsync(visitor, "2026年11月");

        await visitor.Page.ReloadAsync();
        await visitor.SeeAsync("从今天开始打卡吧");
        Assert.That(PathsOf(visitor).Count(path => path == "DELETE /api/user"), Is.EqualTo(1), "and none before");
        ExpectNoComplaintsButTheFirst401(visitor);
    }

    [Test]
    public async Task Without_a_network_a_clock_in_is_kept_for_another_try()
    {
        await using var visitor = await OpenAsync();
        await visitor.SeeAsync("从今天开始打卡吧");

        await visitor.Page.Context.SetOfflineAsync(true);
        await visitor.ClickAsync("打卡");
        await Assertions.Expect(visitor.Error).ToContainTextAsync("网络连接不上，请稍后重试");
        await visitor.SeeAsync("从今天开始打卡吧");

        await visitor.Page.Context.SetOfflineAsync(false);
        await visitor.ClickAsync("重试");
        await SeeDoneAsync(visitor, "08:05");
        await Assertions.Expect(visitor.Error).ToBeHiddenAsync();
    }

    [TestCase("clockin", "从今天开始打卡吧")]
    [TestCase("guard", "还没有守护人")]
    [TestCase("wards", "还没有守护的人")]
    public async Task A_page_says_whether_it_is_being_read_or_could_not_be_and_can_be_read_again(string page, string headline)
    {
        var isLost = new TaskCompletionSource();
        await using var visitor = await OpenAsync(
            page: $"pages/{page}/{page}",
            prepare: context => context.RouteAsync(new Regex("/api/(clockin|guardians|wards)$"), async route =>
            {
                await isLost.Task;
                await route.AbortAsync();
            }));
        await visitor.SeeAsync("正在读取…");
        await visitor.ExpectStateAsync($"miniprogram-{page}-reading");

        isLost.SetResult();
        await Assertions.Expect(visitor.Error).ToBeVisibleAsync();
        await visitor.ExpectStateAsync($"miniprogram-{page}-unread");
        await visitor.Page.SetViewportSizeAsync(375, 300); // lower than the page
        await ExpectNothingUnderTheErrorAsync(visitor);
        await visitor.Page.SetViewportSizeAsync(375, Height);

        await visitor.Page.Context.UnrouteAllAsync();
        await visitor.ClickAsync("重试");
        await visitor.SeeAsync(headline);
        await visitor.ExpectStateAsync($"miniprogram-{page}-empty");
    }

    [TestCase(200, """{"code":-1,"errorMsg":"用户标识无效"}""", "用户标识无效")]
    [TestCase(502, "<h1>Bad Gateway</h1>", "服务暂时不可用，请稍后重试", Description = "by a proxy")]
    public async Task A_refusal_is_told_in_the_services_own_words_where_it_has_any(int status, string body, string told)
    {
        await using var visitor = await OpenAsync();
        await visitor.SeeAsync("从今天开始打卡吧");
        await visitor.Page.RouteAsync("**/api/clockin", route => route.FulfillAsync(new()
        {
            Status = status,
            Body = body,
        }));

        await visitor.ClickAsync("打卡");

        await Assertions.Expect(visitor.Error).ToContainTextAsync(told);
        await Assertions.Expect(visitor.Button("打卡")).ToBeVisibleAsync();
    }

    [Test]
    public async Task A_page_left_open_over_midnight_follows_the_services_day_when_it_is_looked_at()
    {
        _clock.Set(new(2026, 11, 30, 23, 59, 0, TimeSpan.FromHours(8)));
        await using var visitor = await OpenAsync();
        await visitor.ClickAsync("打卡");
        await SeeDoneAsync(visitor, "23:59");

        var asked = PathsOf(visitor).Count(path => path == "GET /api/clockin");
        await visitor.LookAwayAsync(true);
        await visitor.AnswersArriveAsync();
        Assert.That(PathsOf(visitor).Count(path => path == "GET /api/clockin"), Is.EqualTo(asked), "while nobody looks");
        _clock.Set(_clock.GetUtcNow() + TimeSpan.FromMinutes(2));
        await visitor.LookAwayAsync(false);

        await visitor.SeeAsync("12月1日 星期二");
        await SeeMonthAsync(visitor, "2026年12月");
        await SeeFiguresAsync(visitor, streak: 1, missedDays: 0);
        await visitor.ClickAsync("打卡");
        await SeeDoneAsync(visitor, "00:01");
    }

    [Test]
    public async Task Every_state_fits_every_phone_and_a_checker_finds_no_barrier(
        [Values(ColorScheme.Light, ColorScheme.Dark)] ColorScheme scheme)
    {
        await ClockInOnAsync("2026-11-18", "2026-11-20", "2026-11-21");
        await using var visitor = await OpenAsync(scheme);
        await SeeMonthAsync(visitor, "2026年11月打卡 3 天");
        var ground = await visitor.Page.EvaluateAsync<string>("() => getComputedStyle(document.querySelector('page')).backgroundColor");
        Assert.That(ground, Is.EqualTo(scheme == ColorScheme.Dark ? "rgb(13, 19, 16)" : "rgb(245, 248, 246)"));
        await CheckAsync(visitor, "open", scheme);
        for (var width = 320; width <= 430; width += 5)
        {
            await visitor.Page.SetViewportSizeAsync(width, Height);
            var columns = await visitor.Page.Locator("[class*=weekday], [class*=cell]").EvaluateAllAsync<double[]>(
                "cells => cells.map(cell => Math.round(cell.getBoundingClientRect().left))");
            Assert.That(columns.Distinct().Count(), Is.EqualTo(7), $"columns of the calendar, one for each day of the week, at {width}");
        }

        var tops = await visitor.Page.Locator(".figure").EvaluateAllAsync<double[]>(
            "figures => figures.map(figure => figure.getBoundingClientRect().top)");
        Assert.That(tops.Distinct().Count(), Is.EqualTo(1), "the figures stand side by side");

        await visitor.ClickAsync("删除我的数据");
        await CheckAsync(visitor, "question", scheme);
        await visitor.Page.SetViewportSizeAsync(1280, Height);
        await visitor.ExpectStateAsync("miniprogram-question", $"wide-{scheme}".ToLowerInvariant());
        await visitor.Page.SetViewportSizeAsync(375, Height);
        await visitor.ClickAsync("取消");

        await visitor.Page.Context.SetOfflineAsync(true);
        await visitor.ClickAsync("打卡");
        await Assertions.Expect(visitor.Error).ToBeVisibleAsync();
        await CheckAsync(visitor, "failure", scheme);
        await ExpectNothingUnderTheErrorAsync(visitor);
        await visitor.Page.Context.SetOfflineAsync(false);

        await visitor.ClickAsync("重试");
        await SeeDoneAsync(visitor, "08:05");
        await CheckAsync(visitor, "done", scheme);
        await visitor.Page.SetViewportSizeAsync(1280, Height);
        await visitor.ExpectStateAsync("miniprogram-done", $"wide-{scheme}".ToLowerInvariant());
        await visitor.Page.SetViewportSizeAsync(375, Height);

        await visitor.Page.RouteAsync("**/api/clockin", route => route.AbortAsync());
        await visitor.Page.ReloadAsync();
        await visitor.SeeAsync("暂时读不到打卡情况");
        await CheckAsync(visitor, "error", scheme);
    }

    /// <summary>Makes docs/miniprogram.png anew when README_PICTURE is set; otherwise it is only an output like the others.</summary>
    [Test]
    public async Task The_picture_of_the_mini_program_in_the_README()
    {
        await ClockInOnAsync([.. Enumerable.Range(1, 23).Except([3, 11]).Select(day => $"2026-11-{day:00}")]);
        await using var light = await OpenAsync();
        await SeeMonthAsync(light, "2026年11月打卡 21 天");
        await using var dark = await OpenAsync(ColorScheme.Dark);
        await dark.ClickAsync("打卡");
        await SeeMonthAsync(dark, "2026年11月打卡 22 天");
        await SeeDoneAsync(dark, "08:05");
        var openId = SomebodyElse();
        await WatchAsync(openId, "外婆", "2026-11-21");
        await WatchAsync(openId, "爸爸", "2026-11-23");
        await WatchAsync(openId, "妈妈", "2026-11-24");
        await using var guardian = await OpenAsync(openId: openId, page: "pages/wards/wards");
        await guardian.SeeAsync("1 人漏打卡");
        var pictures = new[]
        {
            await light.Page.ScreenshotAsync(),
            await dark.Page.ScreenshotAsync(),
            await guardian.Page.ScreenshotAsync(),
        };

        // Beside each other, in their own size.
        await light.Page.SetViewportSizeAsync(3 * 375 + 4 * 24, Height + 2 * 24);
        await light.Page.SetContentAsync(
            $$"""
            <style>
              body { display: flex; gap: 24px; margin: 24px; background: #dbe4de }
              img { border-radius: 32px }
            </style>
            {{string.Concat(pictures.Select(picture => $"<img src='data:image/png;base64,{Convert.ToBase64String(picture)}'>"))}}
            """);
        var folder = Environment.GetEnvironmentVariable("README_PICTURE") is null
            ? Path.Combine(TestContext.CurrentContext.WorkDirectory, "screenshots")
            : Path.Combine(Workspace.Repository, "docs");
        await light.Page.ScreenshotAsync(new() { Path = Path.Combine(folder, "miniprogram.png") });
    }

    /// <summary>Opens the mini-program on a phone of its own: as the test's user, and by its first page, unless it is said.</summary>
    private Task<Visitor> OpenAsync(
        ColorScheme scheme = ColorScheme.Light,
        KeyValuePair<string, string>[]? storage = null,
        Func<IBrowserContext, Task>? prepare = null,
        string? openId = null,
        string page = "",
        string? html = null)
    {
        KeyValuePair<string, string>[] entries = [new("user", _weChat.CodeOf(openId ?? _openId)), .. storage ?? []];
        var origin = Address.GetLeftPart(UriPartial.Authority);

        return Visitor.OpenAsync(
            new(Address, page),
            new() { ColorScheme = scheme, ViewportSize = Phone, TimezoneId = "Asia/Shanghai" },
            async context =>
            {
                // Before the page's own script, and not again when it is loaded anew.
                await context.AddInitScriptAsync(
                    $$"""
                    if (location.origin === '{{origin}}' && !localStorage.user) {
                      Object.assign(localStorage, {{JsonSerializer.Serialize(entries.ToDictionary())}});
                    }
                    """);
                await context.RouteAsync(new Regex($"^{origin}/(pages/.*)?$"), route => route.FulfillAsync(new()
                {
                    ContentType = "text/html; charset=utf-8",
                    Body = html ?? _html,
                }));
                if (prepare is not null)
                    await prepare(context);
            });
    }

    /// <summary>What the test's user has done before, one clock-in on each day.</summary>
    private Task ClockInOnAsync(params string[] days) => ClockInAsync(_openId, days);

    private async Task ClockInAsync(string openId, string[] days)
    {
        foreach (var day in days)
        {
            _clock.Set(DateTimeOffset.Parse($"{day}T08:00:00+08:00", null));
            await new User(_client, openId).DataAsync("POST", "/api/clockin");
        }
        _clock.Set(Morning);
    }

    private static string SomebodyElse() => Guid.NewGuid().ToString("N");

    /// <summary>Fails when the state is wider than a phone or bars somebody, and keeps a picture of it.</summary>
    private static async Task CheckAsync(Visitor visitor, string state, ColorScheme scheme)
    {
        foreach (var width in new[] { 430, 320, 375 })
        {
            await visitor.Page.SetViewportSizeAsync(width, Height);
            var widest = await visitor.Page.EvaluateAsync<double>(
                "() => Math.max(...[...document.body.querySelectorAll('*')].map(element => element.getBoundingClientRect().right))");
            Assert.That(widest, Is.LessThanOrEqualTo(width), state);
            var overflowing = await visitor.Page.EvaluateAsync<string[]>(
                """
                () => [...document.body.querySelectorAll('*')]
                  .filter(element => element.clientWidth && element.scrollWidth > element.clientWidth)
                  .map(element => element.outerHTML)
                """);
            Assert.That(overflowing, Is.Empty, state);
        }
        await visitor.CheckAsync($"miniprogram-{state}", scheme.ToString().ToLowerInvariant());
    }

    private static async Task ExpectNothingUnderTheErrorAsync(Visitor visitor)
    {
        var underTheError = await visitor.Page.EvaluateAsync<double>(
            """
            () => {
              const page = document.querySelector('.page');
              page.closest('.wx-scroller').scrollTo(0, page.scrollHeight);
              const bottoms = [...page.querySelectorAll(':scope > :not(.error)')].map(child => child.getBoundingClientRect().bottom);
              return Math.max(...bottoms) - document.querySelector('.error').getBoundingClientRect().top;
            }
            """);
        Assert.That(underTheError, Is.LessThanOrEqualTo(0), "pixels of the page that cannot be reached");
    }

    private static ViewportSize Phone => new() { Width = 375, Height = Height };

    private static ILocator Day(Visitor visitor, string label)
        => visitor.Page.GetByRole(AriaRole.Img, new() { Name = label, Exact = true });

    private static async Task SeeDoneAsync(Visitor visitor, string time)
    {
        await visitor.SeeAsync("今天已报平安");
        await visitor.SeeAsync(time);
        await Assertions.Expect(visitor.Button("打卡")).ToBeHiddenAsync();
    }

    private static Task SeeMonthAsync(Visitor visitor, string title)
        => Assertions.Expect(visitor.Page.GetByRole(AriaRole.Heading).Last).ToHaveTextAsync(title);

    private static Task SeeFiguresAsync(Visitor visitor, int streak, int missedDays)
        => Assertions.Expect(visitor.Page.Locator(".figures"))
            .ToHaveTextAsync(new Regex($@"^\s*{streak}\s*天\s*连续打卡\s*{missedDays}\s*天\s*漏打卡\s*$"));

    private static string[] PathsOf(Visitor visitor)
        => [.. visitor.Requests
            .Where(request => request.Url.StartsWith("http", StringComparison.Ordinal))
            .Select(request => $"{request.Method} {new Uri(request.Url).PathAndQuery}")];

    /// <summary>A browser complains about each 401, the way to a token.</summary>
    private static void ExpectNoComplaintsButTheFirst401(Visitor visitor)
    {
        Assert.That(visitor.Errors.TryDequeue(out var first), Is.True);
        Assert.That(first, Does.Contain("401"));
        visitor.ExpectNoComplaints();
    }
}
