using System.Diagnostics;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Moq;
using SafeClockin.Api.Envelopes;
using SafeClockin.Domain;
using SafeClockin.Domain.Counters;
using SafeClockin.Tests.Servers;

namespace SafeClockin.Tests.Browser;

/// <summary>The index page in a real browser, in front of the real service.</summary>
public sealed class IndexPageTests
{
    private WeChatStub _weChat;
    private Service _service;
    private HttpClient _client;

    private Uri Address => _service.ClientOptions.BaseAddress;

    [OneTimeSetUp]
    public void Start()
    {
        _weChat = new();
        _service = Service.Start(_weChat.Settings());
        _client = _service.CreateClient();
    }

    [OneTimeTearDown]
    public void Stop()
    {
        _client?.Dispose();
        _service?.Dispose();
        _weChat?.Dispose();
    }

    [SetUp]
    public Task ClearAsync() => _client.PostActionAsync("clear");

    [Test]
    public async Task Each_press_counts_one_up_and_the_figure_shows_it()
    {
        await using var visitor = await Visitor.OpenAsync(Address);
        await visitor.SeeCountAsync("0");

        await visitor.ClickAsync("+1");
        await visitor.SeeCountAsync("1");
        await visitor.ClickAsync("+1");
        await visitor.SeeCountAsync("2");

        Assert.That(await _client.GetCountAsync(), Is.EqualTo(2));
        visitor.ExpectNoComplaints();
    }

    [Test]
    public async Task The_keyboard_alone_counts_again_and_again()
    {
        await using var visitor = await Visitor.OpenAsync(Address);
        await visitor.Button("+1").FocusAsync();

        foreach (var count in new[] { "1", "2", "3" })
        {
            await visitor.Page.Keyboard.PressAsync("Enter");
            await visitor.SeeCountAsync(count);
            await Assertions.Expect(visitor.Button("+1")).ToBeFocusedAsync();
            await Assertions.Expect(visitor.Page.GetByRole(AriaRole.Status)).ToHaveTextAsync($"当前计数 {count}"); // to the blind
        }

        visitor.ExpectNoComplaints();
    }

    [Test]
    public async Task Clearing_asks_first_and_can_be_left_by_button_key_or_a_click_beside_it()
    {
        await CountUpAsync(3);
        await using var visitor = await Visitor.OpenAsync(Address);
        var dialog = visitor.Page.GetByRole(AriaRole.Dialog, new() { Name = "把计数清零？" });
        await visitor.SeeCountAsync("3");

        await visitor.ClickAsync("清零");
        await Assertions.Expect(dialog).ToHaveAccessibleDescriptionAsync("所有人的计数都会回到 0，无法撤销。");
        await Assertions.Expect(visitor.Button("取消")).ToBeFocusedAsync();
        await visitor.ClickAsync("取消");
        await Assertions.Expect(dialog).ToBeHiddenAsync();
        await visitor.ClickAsync("清零");
        await visitor.Page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(dialog).ToBeHiddenAsync();
        await visitor.ClickAsync("清零");
        await visitor.Page.Mouse.ClickAsync(1, 1); // beside it
        await Assertions.Expect(dialog).ToBeHiddenAsync();
        Assert.That(await _client.GetCountAsync(), Is.EqualTo(3));

        await visitor.ClickAsync("清零");
        await visitor.ClickAsync("确认清零");
        await visitor.SeeCountAsync("0");
        await Assertions.Expect(dialog).ToBeHiddenAsync();
        await Assertions.Expect(visitor.Button("清零")).ToBeFocusedAsync();
        Assert.That(await _client.GetCountAsync(), Is.Zero);
        visitor.ExpectNoComplaints();
    }

    [Test]
    public async Task The_figure_follows_what_others_do_and_says_so()
    {
        await using var visitor = await Visitor.OpenAsync(Address);
        await visitor.SeeCountAsync("0");

        await CountUpAsync(3);
        await visitor.SeeCountAsync("3");
        await visitor.SeeAsync("刚刚有人 +3");
        await Assertions.Expect(visitor.Page.GetByRole(AriaRole.Status)).ToHaveTextAsync("当前计数 3");

        await _client.PostActionAsync("clear");
        await visitor.SeeCountAsync("0");
        await visitor.SeeAsync("刚刚有人清零");
        await Assertions.Expect(visitor.Page.GetByRole(AriaRole.Status))
            .ToHaveTextAsync("当前计数 3"); // whoever listens is not told each step of a busy counter
        visitor.ExpectNoComplaints();
    }

    [Test]
    public async Task Whoever_goes_by_keyboard_sees_where_they_are(
        [Values(ColorScheme.Light, ColorScheme.Dark)] ColorScheme scheme)
    {
        await using var visitor = await Visitor.OpenAsync(Address, new() { ColorScheme = scheme });
        await visitor.SeeCountAsync("0");
        var outlines = new Dictionary<string, string>();
        for (var taps = 0; taps < 20; taps++) // more than there are places to go
        {
            await visitor.Page.Keyboard.PressAsync("Tab");
            var (where, outline) = await OutlineAsync(visitor);
            outlines[where] = outline;
        }

        outlines.Remove(""); // behind the last one
        await visitor.Page.Locator("#client-request").FocusAsync();
        await visitor.Page.Keyboard.PressAsync("ArrowRight");
        var (client, clientOutline) = await OutlineAsync(visitor);
        outlines[client] = clientOutline;

        Assert.That(outlines.Keys, Is.SupersetOf(new[] { "+1", "清零", "复制", "wx.request", "callContainer" }));
        Assert.That(outlines.Values, Is.All.EqualTo("solid 3px bright"), string.Join(", ", outlines));

        // What is unseen itself is seen by its label.
        static async Task<(string Where, string Outline)> OutlineAsync(Visitor visitor)
        {
            var parts = await visitor.Page.EvaluateAsync<string[]>(
                """
                () => {
                  if (document.activeElement === document.body) return ['', ''];
                  const element = document.activeElement.labels?.[0] ?? document.activeElement;
                  const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(element);
                  const isBright = outlineColor === getComputedStyle(document.getElementById('inc')).backgroundColor;
                  return [element.textContent.trim(), `${outlineStyle} ${outlineWidth} ${isBright ? 'bright' : outlineColor}`];
                }
                """);
            return (parts[0], parts[1]);
        }
    }

    [Test]
    public async Task What_others_did_is_told_for_a_while_whatever_was_told_before()
    {
        await using var visitor = await Visitor.OpenAsync(Address, prepare: StopTheClockAsync);
        var note = visitor.Page.Locator("#note");
        await visitor.SeeCountAsync("0");
        await CountUpAsync(2);
        await visitor.Page.Clock.RunForAsync(2_000);
        await Assertions.Expect(note).ToHaveTextAsync("刚刚有人 +2");
        await CountUpAsync(1);
        await visitor.Page.Clock.RunForAsync(2_500);
        await Assertions.Expect(note).ToHaveTextAsync("刚刚有人 +1");

        await visitor.Page.Clock.RunForAsync(3_000);
        await Assertions.Expect(note).ToHaveTextAsync("刚刚有人 +1");
        await visitor.Page.Clock.RunForAsync(1_500);
        await Assertions.Expect(note).ToBeEmptyAsync();
    }

    [Test]
    public async Task To_the_blind_a_busy_counter_is_read_out_every_ten_seconds()
    {
        await using var visitor = await Visitor.OpenAsync(Address, prepare: StopTheClockAsync);
        var announced = visitor.Page.GetByRole(AriaRole.Status);
        await visitor.SeeCountAsync("0");

        foreach (var (seconds, count, heard) in new[] { (0, 1, 1), (9, 2, 1), (2, 3, 3) })
        {
            await visitor.Page.Clock.RunForAsync(seconds * 1_000);
            await CountUpAsync(1);
            await LookAgainAsync(visitor);
            await visitor.SeeCountAsync($"{count}");
            await Assertions.Expect(announced).ToHaveTextAsync($"当前计数 {heard}");
        }
    }

    [Test]
    public async Task The_page_rests_while_nobody_looks_at_it_and_catches_up_at_once()
    {
        await using var visitor = await Visitor.OpenAsync(Address, prepare: profile => profile.Clock.InstallAsync());
        await visitor.SeeCountAsync("0");

        await visitor.LookAwayAsync(true);
        await visitor.Page.Clock.RunForAsync(5_000);
        var asked = visitor.Requests.Count;
        await CountUpAsync(5);
        await visitor.Page.Clock.RunForAsync(600_000);
        await visitor.SeeCountAsync("0");
        Assert.That(visitor.Requests, Has.Count.EqualTo(asked));

        await visitor.LookAwayAsync(false);
        await visitor.SeeCountAsync("5");
    }

    [Test]
    public async Task The_page_looks_as_soon_as_the_browser_is_in_a_network_or_in_front_again()
    {
        await using var visitor = await Visitor.OpenAsync(Address, prepare: StopTheClockAsync);
        await visitor.SeeCountAsync("0");
        await visitor.Page.Context.SetOfflineAsync(true);
        await visitor.Page.WaitForFunctionAsync("() => !navigator.onLine");

        // For the request and not for its answer: it may find the network still gone, and with the clock stopped none follows.
        await visitor.Page.RunAndWaitForRequestAsync(
            () => visitor.Page.Context.SetOfflineAsync(false),
            request => request.Url.EndsWith("/api/count", StringComparison.Ordinal));
        await visitor.AnswersArriveAsync();
        await visitor.Page.RunAndWaitForRequestAsync(
            () => visitor.Page.EvaluateAsync("() => window.dispatchEvent(new Event('focus'))"), // of a window that was never hidden
            request => request.Url.EndsWith("/api/count", StringComparison.Ordinal));
    }

    [Test]
    public async Task The_page_asks_ever_less_while_nothing_changes_and_often_again_when_something_does()
    {
        await using var visitor = await Visitor.OpenAsync(Address, prepare: LookOftenAsync);
        await visitor.Page.WaitForFunctionAsync("() => waits.length > 12");
        var quiet = await visitor.Page.EvaluateAsync<double[]>("() => waits.splice(0)");
        await visitor.Page.EvaluateAsync("() => window.dispatchEvent(new Event('focus'))");
        await visitor.Page.WaitForFunctionAsync("() => waits.includes(2000)"); // somebody looks
        await visitor.Page.WaitForFunctionAsync("() => waits.splice(0).includes(30000)");
        await CountUpAsync(1);
        await visitor.SeeCountAsync("1");
        await visitor.Page.WaitForFunctionAsync("() => waits.includes(2000)");

        Assert.That(quiet, Is.Ordered);
        Assert.That((quiet[0], quiet[1], quiet[^1]), Is.EqualTo((2_000, 3_000, 30_000)));
    }

    [Test]
    public async Task The_state_of_the_service_is_asked_for_now_and_then_while_nothing_changes()
    {
        await using var visitor = await Visitor.OpenAsync(Address, prepare: LookOftenAsync);

        await visitor.Page.WaitForFunctionAsync("() => waits.length > 32");

        Assert.That(visitor.Requests.Count(request => request.Url.EndsWith("/health", StringComparison.Ordinal)), Is.InRange(3, 5), "of some 33 looks");
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task A_look_that_an_action_has_overtaken_is_not_shown_and_its_failure_is_not_told(bool fails)
    {
        await using var visitor = await Visitor.OpenAsync(Address, prepare: profile => profile.AddInitScriptAsync(
            """
            globalThis.shown = [];
            addEventListener('DOMContentLoaded', () => {
              const [count, error] = ['count', 'error'].map(id => document.getElementById(id));
              new MutationObserver(() => shown.push(count.textContent)).observe(count, { childList: true, characterData: true, subtree: true });
              new MutationObserver(() => error.hidden || shown.push('an error')).observe(error, { attributes: true });
            });
            """));
        await visitor.SeeCountAsync("0");
        var (asked, mayAnswer, answered) = (new TaskCompletionSource(), new TaskCompletionSource(), new TaskCompletionSource());
        await visitor.Page.RouteAsync("**/api/count", async route =>
        {
            if (route.Request.Method == "POST")
            {
                await route.ContinueAsync();
                return;
            }

            var old = await route.FetchAsync();
            var isFirst = asked.TrySetResult();
            await mayAnswer.Task;
            await (fails && isFirst ? route.AbortAsync() : route.FulfillAsync(new() { Response = old }));
            answered.TrySetResult();
        });
        await asked.Task;

        await visitor.ClickAsync("+1");
        await visitor.SeeCountAsync("1");
        mayAnswer.SetResult();
        await answered.Task;
        await visitor.AnswersArriveAsync(); // while the page has not yet looked anew
        await CountUpAsync(1);
        await visitor.SeeCountAsync("2"); // as it goes on looking

        Assert.That(await visitor.Page.EvaluateAsync<string[]>("() => shown"), Is.EqualTo(new[] { "0", "1", "2" }));
    }

    [Test]
    public async Task A_service_that_does_not_answer_is_not_waited_for_longer_than_it_may_take_and_may_be_asked_again()
    {
        await using var visitor = await Visitor.OpenAsync(Address, prepare: profile => profile.AddInitScriptAsync(
            """
            globalThis.patience = [];
            AbortSignal.timeout = milliseconds => {
              patience.push(milliseconds);
              return AbortSignal.abort();
            };
            """));

        await visitor.SeeAsync("服务暂时无法连接");
        Assert.That(await visitor.Page.EvaluateAsync<double[]>("() => patience"), Has.All.EqualTo(12_000), "a little more than the service's ten seconds");

        await KeepWhatIsReadOutAsync(visitor);
        await visitor.ClickAsync("重试");
        await visitor.Page.WaitForFunctionAsync("() => told.some(text => !text.includes('页面会自动重试。'))");
        Assert.That(await visitor.Page.EvaluateAsync<string[]>("() => told"), Has.None.Contains("可能已经生效"), "it changes nothing");

        await visitor.ClickAsync("+1");
        await Assertions.Expect(visitor.Error).ToContainTextAsync("可能已经生效");
        await Assertions.Expect(visitor.Button("+1")).ToBeEnabledAsync();
    }

    [Test]
    public async Task An_error_that_stays_is_read_out_once()
    {
        await using var visitor = await Visitor.OpenAsync(Address, prepare: async profile =>
        {
            await LookOftenAsync(profile);
            await profile.RouteAsync("**/api/count", route => route.AbortAsync());
        });
        await visitor.SeeAsync("服务暂时无法连接");

        await KeepWhatIsReadOutAsync(visitor);
        await visitor.Page.EvaluateAsync("() => { waits.length = 0; }");
        await visitor.Page.WaitForFunctionAsync("() => waits.length > 4");

        Assert.That(await visitor.Page.EvaluateAsync<string[]>("() => told"), Is.Empty);
    }

    [Test]
    public async Task No_button_can_be_pressed_while_a_request_is_under_way()
    {
        var answer = new TaskCompletionSource<Increase>();
        using var service = Service.StartOn(counters =>
        {
            counters.Setup(c => c.QueryCounterByIdAsync(1)).ReturnsAsync(41);
            counters.Setup(c => c.IncreaseCounterByIdAsync(1, 1)).Returns(answer.Task);
        });
        await using var visitor = await Visitor.OpenAsync(service.ClientOptions.BaseAddress);
        await visitor.SeeCountAsync("41");

        await visitor.ClickAsync("+1");
        await Assertions.Expect(visitor.Button("+1")).ToBeDisabledAsync();
        await Assertions.Expect(visitor.Button("清零")).ToBeDisabledAsync();
        await LookAgainAsync(visitor);
        Assert.That(await visitor.Button("+1").IsDisabledAsync(), Is.True);
        await visitor.SeeAsync("未配置");
        await visitor.ExpectStateAsync("page-busy");
        await visitor.Button("English").FocusAsync();

        answer.SetResult(new(41, 42));
        await visitor.SeeCountAsync("42");
        await Assertions.Expect(visitor.Button("+1")).ToBeEnabledAsync();
        await Assertions.Expect(visitor.Button("清零")).ToBeEnabledAsync();
        await Assertions.Expect(visitor.Button("English")).ToBeFocusedAsync();
        Assert.That(await visitor.Page.Locator("#note").TextContentAsync(), Is.Empty, "it was not somebody else");
        visitor.ExpectNoComplaints();
    }

    [Test]
    public async Task Without_scripts_the_visitor_is_told_what_is_missing()
    {
        await using var visitor = await Visitor.OpenAsync(Address, new() { JavaScriptEnabled = false });

        var words = visitor.Page.Locator("noscript p");
        await Assertions.Expect(words).ToContainTextAsync("请在浏览器中启用 JavaScript");
        Assert.That((await words.BoundingBoxAsync())!.Width, Is.GreaterThan(100), "for the eye, too");
    }

    [Test]
    public async Task A_dead_service_is_told_in_words_and_its_return_is_noticed()
    {
        var settings = Service.EmbeddedStore();
        settings["ASPNETCORE_URLS"] = $"http://127.0.0.1:{MariaDb.FreePort()}";
        var (first, client) = await ServiceProcess.StartAsync(settings);
        using var _ = first;
        await client.PostActionAsync("inc");
        await using var visitor = await Visitor.OpenAsync(client.BaseAddress!);
        await visitor.SeeCountAsync("1");
        Assert.That(visitor.Errors, Is.Empty);

        first.Kill();
        await Assertions.Expect(visitor.Error).ToContainTextAsync("服务暂时无法连接");
        await visitor.SeeAsync("无法连接");
        await visitor.ClickAsync("+1");
        await Assertions.Expect(visitor.Error).ToContainTextAsync("刚才的操作可能已经生效");
        await visitor.ExpectStateAsync("page-dead");

        var (second, __) = await ServiceProcess.StartAsync(settings);
        using var ___ = second;
        await visitor.ClickAsync("重试");
        await Assertions.Expect(visitor.Error).ToBeHiddenAsync();
        await visitor.SeeCountAsync("1");
        await Assertions.Expect(visitor.Page.Locator("#service")).ToContainTextAsync("正常");

        await visitor.ClickAsync("+1");
        await visitor.SeeCountAsync("2");
    }

    [Test]
    public async Task A_database_that_is_down_is_told_and_the_page_goes_on_by_itself_when_it_is_back()
    {
        var isUp = false;
        using var service = Service.StartOn(counters => counters
            .Setup(c => c.QueryCounterByIdAsync(1))
            .Returns(() => isUp ? Task.FromResult<long?>(7) : throw FailureException.StoreUnavailable(new TimeoutException())));
        await using var visitor = await Visitor.OpenAsync(service.ClientOptions.BaseAddress);

        await Assertions.Expect(visitor.Error).ToContainTextAsync("数据库暂时不可用，请稍后重试");
        await Assertions.Expect(visitor.Page.Locator("#database")).ToContainTextAsync("没有应答");
        await Assertions.Expect(visitor.Page.Locator("#service")).ToContainTextAsync("正常");
        var grey = await visitor.Page.Locator("#database dt").EvaluateAsync<string>("label => getComputedStyle(label).color");
        Assert.That(
            await DotAsync("#database"), Is.Not.EqualTo(await DotAsync("#service")).And.Not.EqualTo(grey), "grey is what is not known yet");

        await visitor.ClickAsync("English");
        await Assertions.Expect(visitor.Error).ToContainTextAsync("The database is unavailable");
        await Assertions.Expect(visitor.Error).ToContainTextAsync("The page keeps trying.");
        await visitor.ClickAsync("中文");

        isUp = true;
        await visitor.SeeCountAsync("7");
        await Assertions.Expect(visitor.Error).ToBeHiddenAsync();
        await Assertions.Expect(visitor.Page.Locator("#database")).ToContainTextAsync("正常");
        Assert.That(await DotAsync("#database"), Is.EqualTo(await DotAsync("#service")));

        Task<string> DotAsync(string part)
            => visitor.Page.Locator(part).EvaluateAsync<string>("part => getComputedStyle(part, '::before').backgroundColor");
    }

    [Test]
    public async Task A_change_during_which_the_database_failed_is_said_to_have_happened_perhaps()
    {
        using var service = Service.StartOn(counters =>
        {
            counters.Setup(c => c.QueryCounterByIdAsync(1)).ReturnsAsync(7);
            counters.Setup(c => c.IncreaseCounterByIdAsync(1, 1)).ThrowsAsync(FailureException.StoreUnavailable(new TimeoutException()));
        });
        await using var visitor = await Visitor.OpenAsync(service.ClientOptions.BaseAddress);

        await visitor.ClickAsync("+1");

        await Assertions.Expect(visitor.Error).ToContainTextAsync("数据库暂时不可用，请稍后重试");
        await Assertions.Expect(visitor.Error).ToContainTextAsync("刚才的操作可能已经生效");
    }

    [Test]
    public async Task A_refusal_is_told_in_the_services_own_words_until_the_visitor_has_read_it()
    {
        using var service = Service.StartOn(counters =>
        {
            counters.Setup(c => c.QueryCounterByIdAsync(1)).ReturnsAsync(2147483647);
            counters.Setup(c => c.IncreaseCounterByIdAsync(1, 1)).ReturnsAsync(new Increase(2147483647, 2147483647));
        });
        await using var visitor = await Visitor.OpenAsync(service.ClientOptions.BaseAddress);

        await visitor.ClickAsync("+1");

        await Assertions.Expect(visitor.Error).ToContainTextAsync("计数已达上限，请先清零");
        await Assertions.Expect(visitor.Error).Not.ToContainTextAsync("可能已经生效");
        await visitor.Page.WaitForResponseAsync(response => response.Url.EndsWith("/api/count"));
        await Assertions.Expect(visitor.Error).ToBeVisibleAsync();
        await visitor.ClickAsync("English");
        await Assertions.Expect(visitor.Error).ToContainTextAsync("The count is at its limit");
        await visitor.ClickAsync("中文");
        await visitor.ClickAsync("重试");
        await Assertions.Expect(visitor.Error).ToBeHiddenAsync();
        await Assertions.Expect(visitor.Button("+1")).ToBeFocusedAsync();
        visitor.ExpectNoComplaints();
    }

    [TestCase(""", "login": "set" """, "已配置", "")]
    [TestCase(""", "login": "unset" """, "未配置", "尚未配置微信登录，日志会说明缺少什么；计数不受影响。")]
    [TestCase("", "未知", "")]
    public async Task Whether_login_is_configured_is_told_with_what_to_do(string login, string state, string hint)
    {
        await using var visitor = await Visitor.OpenAsync(Address, prepare: profile => profile.RouteAsync("**/health", route => route.FulfillAsync(new()
        {
            ContentType = "application/json",
            Body = """{"code": 0, "data": {"database": "up" """ + login + "}}",
        })));

        await Assertions.Expect(visitor.Page.Locator("#login dd")).ToHaveTextAsync(state);
        await Assertions.Expect(visitor.Page.Locator("#hint")).ToHaveTextAsync(hint);
    }

    [TestCase("zh-CN", "zh-CN", "当前计数")]
    [TestCase("zh-TW", "zh-CN", "当前计数")]
    [TestCase("en-GB", "en", "Current count")]
    [TestCase("tlh-QX", "en", "Current count")]
    [TestCase("fr-FR,zh-CN", "zh-CN", "当前计数", Description = "the first that it knows")]
    public async Task The_page_speaks_the_browsers_language_and_English_to_a_language_it_does_not_know(
        string browser, string page, string heading)
    {
        await using var visitor = await Visitor.OpenAsync(Address, prepare: profile => profile.AddInitScriptAsync(
            $"Object.defineProperty(navigator, 'languages', {{ value: '{browser}'.split(',') }})"));

        await Assertions.Expect(visitor.Page.Locator("h1")).ToHaveTextAsync(heading);
        await Assertions.Expect(visitor.Page.Locator("html")).ToHaveAttributeAsync("lang", page);
        await visitor.SeeCountAsync("0");
        visitor.ExpectNoComplaints();
    }

    [Test]
    public async Task A_browser_that_stores_nothing_shows_the_page_in_the_language_that_is_chosen()
    {
        await using var visitor = await Visitor.OpenAsync(Address, prepare: profile => profile.AddInitScriptAsync(
            "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('No.', 'SecurityError'); } })"));
        await visitor.SeeCountAsync("0");

        await visitor.ClickAsync("English");
        await Assertions.Expect(visitor.Page.Locator("h1")).ToHaveTextAsync("Current count");
        visitor.ExpectNoComplaints();
    }

    [Test]
    public async Task English_leaves_no_word_in_Chinese_and_is_remembered()
    {
        await using var visitor = await Visitor.OpenAsync(Address);
        await visitor.SeeAsync("正常");

        await visitor.ClickAsync("English");
        await CountUpAsync(1);
        await visitor.SeeAsync("Somebody just counted +1");
        var words = await visitor.Page.EvaluateAsync<string>(
            """
            () => {
              document.querySelectorAll('noscript, #language').forEach(element => element.remove());
              return document.title + document.body.textContent;
            }
            """);
        Assert.That(words, Does.Not.Match(@"\p{IsCJKUnifiedIdeographs}"));

        await visitor.Page.ReloadAsync();
        await visitor.SeeAsync("Current count");
        await visitor.ClickAsync("中文");
        await visitor.SeeAsync("当前计数");
        visitor.ExpectNoComplaints();
    }

    [Test]
    public async Task The_longest_count_stays_in_its_column_however_wide_the_window_is_and_is_written_as_the_words_are()
    {
        await using var visitor = await Visitor.OpenAsync(
            Address, new() { Locale = "de-DE", ViewportSize = new() { Width = 1280, Height = 800 } });
        await visitor.SeeCountAsync("0");
        await CountUpAsync(1_024);
        await visitor.SeeAsync("Somebody just counted +1,024");
        await CountUpAsync(9_007_199_254_740_991 - 1_024);
        await visitor.SeeCountAsync("9,007,199,254,740,991");

        Assert.That(
            await visitor.Page.EvaluateAsync<double>("() => { const count = document.getElementById('count'); return count.scrollWidth - count.parentElement.clientWidth; }"),
            Is.LessThanOrEqualTo(0));
    }

    [TestCase("zh-CN")]
    [TestCase("en")]
    public async Task On_a_phone_of_360_pixels_nothing_has_to_be_scrolled_sideways(string language)
    {
        await CountUpAsync(9_007_199_254_740_991);
        await using var visitor = await Visitor.OpenAsync(
            Address, new() { Locale = language, ViewportSize = Phone, IsMobile = true });
        await visitor.SeeCountAsync("9,007,199,254,740,991");
        Assert.That(await visitor.Page.EvaluateAsync<int>("() => innerWidth"), Is.EqualTo(360), "no desktop made small");

        foreach (var client in await visitor.Page.Locator(".clients label").AllAsync())
        {
            await client.ClickAsync();
            var widest = await visitor.Page.EvaluateAsync<double>(
                "() => Math.max(...[...document.body.querySelectorAll(':not(.unseen)')].map(e => e.getBoundingClientRect().right))");
            Assert.That(widest, Is.LessThanOrEqualTo(360));
            Assert.That(
                await visitor.Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth"),
                Is.LessThanOrEqualTo(360));
        }
    }

    [TestCase("zh-CN")]
    [TestCase("en")]
    public async Task All_is_told_in_both_languages_and_at_375_pixels_no_word_is_broken(string language)
    {
        await CountUpAsync(42);
        await using var visitor = await Visitor.OpenAsync(
            Address, new() { Locale = language, ViewportSize = new() { Width = 375, Height = 740 } });
        await visitor.SeeCountAsync("42");
        await Assertions.Expect(visitor.Page.Locator("#login.good")).ToBeVisibleAsync();
        await visitor.ExpectStateAsync($"page-{language}");
        await Assertions.Expect(visitor.Page.Locator("#language")).ToHaveAttributeAsync("lang", language == "en" ? "zh-CN" : "en");
        await visitor.Page.SetViewportSizeAsync(480, 740); // the widest that is laid out as a phone
        await visitor.ExpectStateAsync($"page-{language}", "480");
        await visitor.Page.SetViewportSizeAsync(375, 740);
        if (language == "en")
        {
            await visitor.ClickAsync("Clear");
            await visitor.ExpectStateAsync("page-dialog-en", isWhole: false);
            await visitor.ClickAsync("Cancel");
        }

        foreach (var client in await visitor.Page.Locator(".clients label").AllAsync())
        {
            await client.ClickAsync();
            var broken = await visitor.Page.EvaluateAsync<string[]>(
                """
                () => {
                  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
                  const broken = [];
                  while (texts.nextNode()) {
                    for (const word of texts.currentNode.textContent.matchAll(/[A-Za-z0-9_]+/g)) {
                      const range = new Range();
                      range.setStart(texts.currentNode, word.index);
                      range.setEnd(texts.currentNode, word.index + word[0].length);
                      if (new Set([...range.getClientRects()].map(part => part.top)).size > 1) broken.push(word[0]);
                    }
                  }
                  return broken;
                }
                """);
            Assert.That(broken, Is.Empty);

            var copy = await visitor.Page.Locator(".copy:visible").BoundingBoxAsync();
            var code = await visitor.Page.Locator(".example:visible code").BoundingBoxAsync();
            Assert.That(code!.Y, Is.AtLeast(copy!.Y + copy.Height), "of the code below the button that copies");
        }
    }

    [Test]
    public async Task Whatever_the_page_may_say_is_said_in_English_too()
    {
        var script = Repository.Read("SafeClockin.Api/wwwroot/site.js").Split("\n};\n", 2);
        var said = Regex.Matches(script[1], @"'([^']*\p{IsCJKUnifiedIdeographs}[^']*)'").Select(text => text.Groups[1].Value)
            .Concat(Regex.Matches(Repository.Read("SafeClockin.Api/Views/Home/Index.cshtml"), @" data-t>([^<]+)<").Select(text => text.Groups[1].Value))
            .Concat(["计数已达上限，请先清零", Failure.Of(new InvalidOperationException()).Message, Failure.Of(FailureException.StoreUnavailable(new TimeoutException())).Message]);
        var translated = Regex.Matches(script[0], @"^  '(.+)':\s+'(.+)',", RegexOptions.Multiline)
            .Select(text => (Chinese: text.Groups[1].Value, English: text.Groups[2].Value)).ToList();

        Assert.That(said.Except(translated.Select(words => words.Chinese).Append("中文")), Is.Empty);
        Assert.That(translated.Select(words => words.English), Is.Unique);
        Assert.That(translated.Where(words => words.Chinese.Contains("{n}") != words.English.Contains("{n}")), Is.Empty);
    }

    [Test]
    public async Task A_change_is_animated_unless_the_visitor_wants_less_motion()
    {
        foreach (var motion in new[] { ReducedMotion.NoPreference, ReducedMotion.Reduce })
        {
            await using var visitor = await Visitor.OpenAsync(Address, new() { ReducedMotion = motion });
            await visitor.Page.EvaluateAsync(
                """
                () => {
                  const animate = Element.prototype.animate;
                  globalThis.animations = 0;
                  Element.prototype.animate = function (...how) { globalThis.animations++; return animate.apply(this, how); };
                }
                """);

            var before = await _client.GetCountAsync();
            await visitor.ClickAsync("+1");
            await visitor.SeeCountAsync($"{before + 1}");
            await LookAgainAsync(visitor); // at the same count

            Assert.That(
                await visitor.Page.EvaluateAsync<int>("() => globalThis.animations"),
                Is.EqualTo(motion == ReducedMotion.Reduce ? 0 : 1));
            Assert.That(
                await visitor.Button("+1").EvaluateAsync<string>("button => getComputedStyle(button).transitionProperty"),
                motion == ReducedMotion.Reduce ? Is.EqualTo("none") : Does.Contain("transform"));
        }
    }

    [Test]
    public async Task The_first_view_takes_less_than_30_KB()
    {
        await using var visitor = await Visitor.OpenAsync(Address);
        await visitor.SeeAsync("正常");

        var bytes = 0;
        foreach (var request in visitor.Requests)
        {
            var sizes = await request.SizesAsync();
            bytes += sizes.ResponseHeadersSize + sizes.ResponseBodySize;
        }

        TestContext.Out.WriteLine($"{bytes} bytes in {visitor.Requests.Count} answers");
        Assert.That(bytes, Is.LessThan(30 * 1024));
    }

    [Test]
    public async Task The_curl_example_is_copied_whole_and_counts()
    {
        if (!File.Exists("/usr/bin/curl"))
            Requirement.Missing("Needs the package curl");
        await using var visitor = await Visitor.OpenAsync(Address, new() { Permissions = ["clipboard-read", "clipboard-write"] });
        await visitor.Page.GetByText("curl", new() { Exact = true }).ClickAsync();
        var example = await visitor.Page.Locator(".example:visible").BoundingBoxAsync();
        var button = await visitor.Button("复制").BoundingBoxAsync();
        Assert.That(button!.Y, Is.InRange(example!.Y, example.Y + example.Height - button.Height), "it lies upon what it copies");
        await visitor.ClickAsync("复制");
        await Assertions.Expect(visitor.Button("已复制")).ToBeVisibleAsync();

        var command = await visitor.Page.EvaluateAsync<string>("() => navigator.clipboard.readText()");
        using var shell = Process.Start(new ProcessStartInfo("bash", ["-c", command + " --silent"]) { RedirectStandardOutput = true })!;
        Assert.That(await shell.StandardOutput.ReadToEndAsync(), Is.EqualTo("""{"code":0,"data":1}"""));
        await Assertions.Expect(visitor.Button("复制")).ToBeVisibleAsync(new() { Timeout = 20_000 }); // for another time
        visitor.ExpectNoComplaints();
    }

    [Test]
    public async Task The_clock_in_example_clocks_somebody_in_while_developing()
    {
        if (!File.Exists("/usr/bin/curl") || !File.Exists("/usr/bin/openssl"))
            Requirement.Missing("curl or openssl is not installed");
        var (service, client) = await ServiceProcess.StartAsync(
            new Dictionary<string, string> { ["ASPNETCORE_ENVIRONMENT"] = "Development" });
        using var _ = service;
        using var __ = client;
        await using var visitor = await Visitor.OpenAsync(client.BaseAddress!);
        await visitor.Page.GetByText("打卡", new() { Exact = true }).ClickAsync();
        var example = visitor.Page.Locator(".example:visible code");
        await Assertions.Expect(example).ToContainTextAsync($"{client.BaseAddress}api/clockin");
        var command = await example.TextContentAsync();

        using var shell = Process.Start(new ProcessStartInfo("bash", ["-c", command + " --silent --show-error 2>&1"])
        {
            RedirectStandardOutput = true,
        })!;
        var answer = await shell.StandardOutput.ReadToEndAsync();

        Assert.That(answer, Does.Match("""^{"code":0,"data":{"day":"[-0-9]{10}","clockedInAt":[0-9]+,"streak":1,"missedDays":0}}$"""));
        var shown = await visitor.Page.Locator(".answer:visible code").TextContentAsync();
        Assert.That(Regex.Replace(shown!, @"At"":\d{10}\b", ""), Is.EqualTo(Regex.Replace(answer, @"At"":\d{10}\b", "")));
        visitor.ExpectNoComplaints();
    }

    [Test]
    public async Task Elsewhere_the_clock_in_example_logs_in_with_a_code_of_WeChat()
    {
        await using var visitor = await Visitor.OpenAsync(Address);
        await visitor.Page.GetByText("打卡", new() { Exact = true }).ClickAsync();
        var command = await visitor.Page.Locator(".example:visible code").TextContentAsync();

        Assert.That(command, Does.Contain($"{Address}api/login?code=CODE").And.Not.Contain("your-token-secret"));
        command = command!.Replace("CODE", _weChat.CodeOf("clocks-in")) + " --silent";
        using var shell = Process.Start(new ProcessStartInfo("bash", ["-c", command]) { RedirectStandardOutput = true })!;
        Assert.That(await shell.StandardOutput.ReadToEndAsync(), Does.Contain("\"streak\":1"));
    }

    [Test]
    public async Task The_sample_answer_is_the_one_that_the_request_will_get()
    {
        await CountUpAsync(41);
        await using var visitor = await Visitor.OpenAsync(Address);
        await visitor.SeeCountAsync("41");
        var shown = await visitor.Page.Locator(".answer:visible code").TextContentAsync();

        using var answer = await _client.PostAsync("/api/count", Envelopes.Json("""{"action":"inc"}"""));
        Assert.That(shown, Is.EqualTo(await answer.Content.ReadAsStringAsync()));
    }

    [TestCase("wx.request")]
    [TestCase("callContainer")]
    public async Task The_mini_program_examples_count(string client)
    {
        await using var visitor = await Visitor.OpenAsync(Address);
        await visitor.Page.GetByText(client, new() { Exact = true }).ClickAsync();
        var example = await visitor.Page.Locator(".example:visible code").TextContentAsync();

        var logged = visitor.Page.WaitForConsoleMessageAsync();
        await visitor.Page.EvaluateAsync(
            $$"""
            () => {
              const send = async ({ url, path, method, data }) => ({
                data: await (await fetch(url ?? path, {
                  method, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(data),
                })).json(),
              });
              const wx = {
                request: options => { send(options).then(options.success, options.fail); },
                cloud: {
                  // It needs both: https://developers.weixin.qq.com/miniprogram/dev/wxcloudrun/src/development/call/mini.html
                  init() { this.callContainer = options => options.config.env && options.header['X-WX-SERVICE'] && send(options); },
                },
              };
              {{example}}
            }
            """);

        var answer = (await logged).Args[0];
        Assert.That(await answer.EvaluateAsync<string>("answer => JSON.stringify(answer)"), Is.EqualTo("""{"code":0,"data":1}"""));
    }

    [TestCase("undefined", Description = "as without HTTPS")]
    [TestCase("{ writeText: async () => { throw new Error('refused'); } }")]
    public async Task Without_a_clipboard_the_example_is_selected_instead(string clipboard)
    {
        await using var visitor = await Visitor.OpenAsync(Address);
        await visitor.Page.EvaluateAsync($"() => Object.defineProperty(navigator, 'clipboard', {{ value: {clipboard} }})");

        await visitor.ClickAsync("复制");

        await Assertions.Expect(visitor.Button("已选中，请手动复制")).ToBeVisibleAsync();
        Assert.That(
            await visitor.Page.EvaluateAsync<string>("() => getSelection().toString()"),
            Does.StartWith("wx.request({").And.Contain($"{Address}api/count"));
    }

    [Test, Sequential] // colours go by the scheme alone, and the layout by the width
    public async Task A_checker_finds_no_barrier_and_the_page_is_dark_for_those_who_like_it_dark(
        [Values(ColorScheme.Light, ColorScheme.Dark)] ColorScheme scheme,
        [Values(360, 1280)] int width)
    {
        await CountUpAsync(42);
        var view = $"{width}-{scheme}".ToLowerInvariant();
        await using var visitor = await Visitor.OpenAsync(Address, new()
        {
            ColorScheme = scheme,
            ViewportSize = new() { Width = width, Height = 800 },
        });
        await visitor.SeeCountAsync("42");
        await visitor.SeeAsync("正常");

        await visitor.CheckAsync("page-zh-CN", view);
        var ground = await visitor.Page.EvaluateAsync<string>("() => getComputedStyle(document.body).backgroundColor");
        Assert.That(ground, Is.EqualTo(scheme == ColorScheme.Dark ? "rgb(13, 19, 16)" : "rgb(245, 248, 246)"));
        var bar = await visitor.Page.EvaluateAsync<string>(
            """
            () => {
              const metas = [...document.querySelectorAll('meta[name=theme-color]')];
              document.body.style.color = metas.find(meta => matchMedia(meta.media).matches).content;
              const color = getComputedStyle(document.body).color;
              document.body.style.color = '';
              return color;
            }
            """);
        Assert.That(bar, Is.EqualTo(ground), "the browser's own bar goes with the page");

        await visitor.ClickAsync("清零");
        await visitor.CheckAsync("page-dialog", view, isWhole: false);
        await visitor.ClickAsync("取消");
        visitor.ExpectNoComplaints();

        await visitor.Page.RouteAsync("**/api/count", route => route.AbortAsync());
        await visitor.ClickAsync("+1");
        await visitor.SeeAsync("服务暂时无法连接");
        await visitor.CheckAsync("page-error", view);

        var accent = await visitor.Page.Locator("#inc").EvaluateAsync<string>("button => getComputedStyle(button).backgroundColor");
        foreach (var link in await visitor.Page.Locator("footer a").AllAsync())
        {
            await link.HoverAsync();
            Assert.That(await link.EvaluateAsync<string>("link => getComputedStyle(link).color"), Is.EqualTo(accent));
        }
    }

    /// <summary>Makes docs/page.png anew when README_PICTURE is set; otherwise it is only an output like the others.</summary>
    [Test]
    public async Task The_picture_in_the_README()
    {
        await CountUpAsync(1024);
        await using var visitor = await Visitor.OpenAsync(new Uri("about:blank"), new()
        {
            ViewportSize = new() { Width = 880, Height = 800 },
        });
        await visitor.Page.RouteAsync("https://example.com/**", async route =>
        {
            var path = new Uri(route.Request.Url).PathAndQuery;
            var answer = await route.FetchAsync(new() { Url = new Uri(Address, path).ToString() });
            await route.FulfillAsync(new() { Response = answer });
        });
        await visitor.Page.GotoAsync("https://example.com/");
        await visitor.SeeCountAsync("1,024");
        await visitor.SeeAsync("正常");

        var folder = Environment.GetEnvironmentVariable("README_PICTURE") is null
            ? Path.Combine(TestContext.CurrentContext.WorkDirectory, "screenshots")
            : Path.Combine(Workspace.Repository, "docs");
        await visitor.Page.ScreenshotAsync(new() { Path = Path.Combine(folder, "page.png"), FullPage = true });
    }

    /// <summary>Has no timer of the page go off but when the test has time pass.</summary>
    private static async Task StopTheClockAsync(IBrowserContext profile)
    {
        await profile.Clock.InstallAsync();
        await profile.Clock.PauseAtAsync(DateTime.UtcNow.AddHours(1));
    }

    /// <summary>Has the page look every 20 ms, and keep for how long it would have waited.</summary>
    private static Task LookOftenAsync(IBrowserContext profile)
        => profile.AddInitScriptAsync(
            """
            globalThis.waits = [];
            const later = setTimeout;
            globalThis.setTimeout = (run, wait, ...rest) => {
              if (run.name === 'look') waits.push(wait);
              return later(run, run.name === 'look' ? 20 : wait, ...rest);
            };
            """);

    /// <summary>Keeps the error as it is whenever it changes, which is when it is read out.</summary>
    private static Task KeepWhatIsReadOutAsync(Visitor visitor)
        => visitor.Page.EvaluateAsync(
            """
            () => {
              globalThis.told = [];
              const error = document.getElementById('error');
              new MutationObserver(() => told.push(error.textContent)).observe(error, { subtree: true, childList: true, attributes: true });
            }
            """);

    /// <summary>Has the page look once more, and waits until that has been answered.</summary>
    private static async Task LookAgainAsync(Visitor visitor)
    {
        await visitor.LookAwayAsync(false);
        for (var i = 0; i < 2; i++) // behind the page's own request
            await visitor.Page.EvaluateAsync("() => fetch('/api/count').then(answer => answer.text())");
    }

    private static ViewportSize Phone => new() { Width = 360, Height = 740 };

    /// <summary>What somebody else does, in one step, so that the page cannot see half of it.</summary>
    private Task CountUpAsync(long by)
        => _service.Services.GetRequiredService<ICounterRepository>().IncreaseCounterByIdAsync(1, by);
}
