using Microsoft.Playwright;
using SafeClockin.Tests.Servers;

namespace SafeClockin.Tests.Browser;

/// <summary>Two people, each on a phone of their own: one clocks in, the other watches over them.</summary>
public sealed partial class MiniProgramTests
{
    [Test]
    public async Task A_card_makes_its_taker_a_guardian_who_sees_each_day_until_they_stop()
    {
        await using var mother = await OpenAsync();
        await mother.SeeAsync("从今天开始打卡吧");
        await GoToAsync(mother, "守护人");
        await mother.SeeAsync("还没有守护人");
        await InviteAsync(mother, "<b>妈妈</b>");
        var card = await ShareAsync(mother);
        Assert.That(card, Does.Match("^pages/guard/guard\\?invitation=[\\w-]{22}$"));

        await using var daughter = await OpenAsync(openId: SomebodyElse(), page: card);
        await GoToAsync(daughter, "打卡");
        await daughter.SeeAsync("从今天开始打卡吧");
        await GoToAsync(daughter, "守护人"); // where the card is kept
        await AcceptAsync(daughter, "小明");
        await daughter.SeeAsync("今天还有 1 人没打卡");
        await SeePersonAsync(daughter, "<b>妈妈</b>", "今天还没打卡", "还没打过卡"); // as it was typed: text

        await GoToAsync(mother, "打卡");
        await mother.ClickAsync("打卡");
        await SeeDoneAsync(mother, "08:05");
        await LookAgainAsync(daughter);
        await daughter.SeeAsync("今天都报了平安");
        await SeePersonAsync(daughter, "<b>妈妈</b>", "已打卡", "今天 08:05");
        await daughter.ExpectStateAsync("miniprogram-wards-fine");

        _clock.Set(Morning + TimeSpan.FromDays(1));
        await LookAgainAsync(daughter);
        await SeePersonAsync(daughter, "<b>妈妈</b>", "今天还没打卡", "上次 11月24日 08:05");

        _clock.Set(Morning + TimeSpan.FromDays(3));
        await LookAgainAsync(daughter);
        await daughter.SeeAsync("1 人漏打卡");
        await SeePersonAsync(daughter, "<b>妈妈</b>", "2 天没打卡", "上次 11月24日 08:05");

        await GoToAsync(mother, "守护人");
        await mother.SeeAsync("1 人守护着你");
        await SeePersonAsync(mother, "小明");

        await daughter.ClickAsync("停止守护<b>妈妈</b>");
        await daughter.SeeAsync("你将看不到“<b>妈妈</b>”的打卡情况");
        await daughter.ClickAsync("取消");
        await daughter.ClickAsync("停止守护<b>妈妈</b>");
        await daughter.ClickAsync("停止");
        await daughter.SeeAsync("还没有守护的人");
        await LookAgainAsync(mother);
        await mother.SeeAsync("还没有守护人");
        ExpectNoComplaintsButTheFirst401(mother);
        ExpectNoComplaintsButTheFirst401(daughter);
    }

    [Test]
    public async Task A_guardian_is_sent_away_or_goes_with_everything_else_that_is_erased(
        [Values("解除", "删除")] string way)
    {
        var daughter = new User(_client, SomebodyElse());
        await using var mother = await OpenAsync(page: "pages/guard/guard");
        await InviteAsync(mother, "妈妈");
        var invitation = (await ShareAsync(mother)).Split('=')[1];
        await daughter.AcceptAsync(invitation);
        await LookAgainAsync(mother);
        await SeePersonAsync(mother, "小明");

        if (way == "解除")
        {
            await mother.ClickAsync("解除小明");
            await mother.SeeAsync("“小明”将看不到你的打卡情况。");
            await mother.ClickAsync("解除");
        }
        else
        {
            await GoToAsync(mother, "打卡");
            await mother.ClickAsync("删除我的数据");
            await mother.ClickAsync("删除");
            await mother.SeeAsync("已删除");
            await Assertions.Expect(mother.Page.GetByText("已删除")).ToBeHiddenAsync(new() { Timeout = 20_000 }); // by itself
            await GoToAsync(mother, "守护人");
        }

        await mother.SeeAsync("还没有守护人");
        Assert.That(await daughter.WardsAsync(), Is.Empty);
        ExpectNoComplaintsButTheFirst401(mother);
    }

    [Test]
    public async Task A_card_that_cannot_be_accepted_says_why_and_can_be_left()
    {
        await using var mother = await OpenAsync(page: "pages/guard/guard");
        await InviteAsync(mother, "妈妈");
        var card = await ShareAsync(mother);
        await using var herself = await OpenAsync(page: card);
        await TryAsync(herself, "不能守护自己");

        await mother.ClickAsync("撤回邀请");
        await mother.ClickAsync("撤回");
        await Assertions.Expect(mother.Page.Locator(".person")).ToHaveCountAsync(0);
        await using var daughter = await OpenAsync(openId: SomebodyElse(), page: card);
        await daughter.ClickAsync("接受");
        await Assertions.Expect(daughter.Error).ToContainTextAsync("名字应为1到20个字");
        await TryAsync(daughter, "邀请已失效");

        await daughter.ClickAsync("不接受");
        await daughter.SeeAsync("还没有守护人");
        await GoToAsync(daughter, "我守护的");
        await daughter.SeeAsync("请对方在“守护人”页邀请你");

        static async Task TryAsync(Visitor visitor, string reason)
        {
            await visitor.Page.GetByLabel("对方怎么称呼你").FillAsync("小明");
            await visitor.ClickAsync("接受");
            await Assertions.Expect(visitor.Error).ToContainTextAsync(reason);
        }
    }

    [Test]
    public async Task An_invitation_can_be_sent_by_the_phone_that_made_it_until_it_expires()
    {
        await using var phone = await OpenAsync(page: "pages/guard/guard");
        await InviteAsync(phone, "妈妈");
        var card = await ShareAsync(phone);
        await phone.SeeAsync("11月27日 08:05 前有效");
        await phone.ExpectStateAsync("miniprogram-guard-sent");
        await using var guardian = await OpenAsync(openId: SomebodyElse(), page: card);
        await guardian.SeeAsync("邀请三天内有效，只能由一人接受");

        await phone.Page.ReloadAsync();
        Assert.That(await ShareAsync(phone), Is.EqualTo(card));

        await using var tablet = await OpenAsync(page: "pages/guard/guard");
        await tablet.SeeAsync("不能从这台手机发送");
        await Assertions.Expect(tablet.Button("发给微信好友")).ToBeHiddenAsync();

        _clock.Set(Morning + TimeSpan.FromHours(72));
        await LookAgainAsync(phone);
        await Assertions.Expect(phone.Page.Locator(".person")).ToHaveCountAsync(0);
    }

    [Test]
    public async Task A_guardian_who_taps_is_asked_for_consent_and_told_what_becomes_of_it()
    {
        const string Tap = "妈妈漏打卡时提醒我";
        await WatchAsync(_openId, "妈妈");
        await using var visitor = await OpenAsync(page: "pages/wards/wards");
        await visitor.SeeAsync("不会主动提醒");
        await Assertions.Expect(visitor.Button(Tap)).ToBeHiddenAsync();
        await using var guardian = await OpenAsync(
            page: "pages/wards/wards", html: _html.Replace("alertTemplate: ''", "alertTemplate: 'template-1'"));

        await guardian.SeeAsync("点一次“提醒我”");
        await Assertions.Expect(guardian.Button(Tap)).ToBeVisibleAsync();
        await guardian.ExpectStateAsync("miniprogram-wards-alert-offered");
        await guardian.ClickAsync(Tap);
        Assert.That(
            await guardian.Page.EvaluateAsync<int>(
                "() => new Promise(tell => wx.requestSubscribeMessage({ tmplIds: ['template-1'], success: tell, fail: tell })).then(told => told.errCode)"),
            Is.EqualTo(20001),
            "WeChat asks within a tap, and not after what was waited for");
        await guardian.ExpectStateAsync("miniprogram-wards-alert-question");
        await guardian.ClickAsync("取消");
        await Assertions.Expect(guardian.Page.GetByRole(AriaRole.Status)).ToContainTextAsync("没有同意接收消息");
        await guardian.ExpectStateAsync("miniprogram-wards-alert-refused");
        await guardian.ClickAsync("打开设置");
        await guardian.ClickAsync("完成");

        await guardian.Page.EvaluateAsync(
            """
            () => {
              const ask = wx.requestSubscribeMessage;
              wx.requestSubscribeMessage = ({ success }) => {
                wx.requestSubscribeMessage = ask;
                success({ 'template-1': 'ban' });
              };
            }
            """);
        await guardian.ClickAsync(Tap);
        await guardian.SeeAsync("已被微信停用");
        await guardian.ExpectStateAsync("miniprogram-wards-alert-banned");
        await Assertions.Expect(guardian.Button("打开设置")).ToBeHiddenAsync();

        await guardian.ClickAsync(Tap);
        await guardian.ClickAsync("允许");
        await SeePersonAsync(guardian, "漏打卡会提醒你");
        await Assertions.Expect(guardian.Button(Tap)).ToBeHiddenAsync();
        await Assertions.Expect(guardian.Page.GetByText("已被微信停用")).ToBeHiddenAsync();
        await guardian.ExpectStateAsync("miniprogram-wards-alert-armed");
        ExpectNoComplaintsButTheFirst401(guardian);
    }

    [Test]
    public async Task While_a_change_is_under_way_no_button_looks_as_if_it_could_be_tapped(
        [Values("guard", "wards")] string page)
    {
        await WatchAsync(_openId, "妈妈");
        await AcceptLaterAsync(SomebodyElse(), (await new User(_client, _openId).InviteAsync()).Invitation);
        await using var visitor = await OpenAsync(page: $"pages/{page}/{page}");
        var mayGoOn = new TaskCompletionSource();
        await visitor.Page.RouteAsync("**/api/*/*", async route =>
        {
            await mayGoOn.Task;
            await route.ContinueAsync();
        });

        var (button, answer) = page == "guard" ? ("解除小明", "解除") : ("停止守护妈妈", "停止");
        await visitor.ClickAsync(button);
        await visitor.ClickAsync(answer);
        await visitor.Page.WaitForFunctionAsync(
            "() => [...document.querySelectorAll('.page button')].every(button => [0.5, 0.75].includes(Number(getComputedStyle(button).opacity)))");
        mayGoOn.SetResult();

        await visitor.SeeAsync(page == "guard" ? "还没有守护人" : "还没有守护的人");
    }

    [Test]
    public async Task The_sixth_invitation_is_refused_in_words()
    {
        for (var i = 0; i < 4; i++)
            await new User(_client, _openId).InviteAsync();
        await using var visitor = await OpenAsync(page: "pages/guard/guard");
        await InviteAsync(visitor, "妈妈");
        await Assertions.Expect(visitor.Page.Locator(".person")).ToHaveCountAsync(5);

        await visitor.Page.GetByLabel("守护人怎么称呼你").FillAsync("妈妈");
        await visitor.ClickAsync("创建邀请");

        await Assertions.Expect(visitor.Error).ToContainTextAsync("守护人已达上限");
        await Assertions.Expect(visitor.Page.Locator(".person")).ToHaveCountAsync(5);
    }

    [Test]
    public async Task Every_state_of_guarding_fits_every_phone_and_a_checker_finds_no_barrier(
        [Values(ColorScheme.Light, ColorScheme.Dark)] ColorScheme scheme)
    {
        const string LongName = "住在很远很远的地方的一位名字很长的姨妈";
        const string NameWithoutBlanks = "WWWWWWWWWWWWWWWWWWWW";
        var user = new User(_client, _openId);
        await WatchAsync(_openId, "外公");
        await WatchAsync(_openId, LongName, "2026-11-12");
        await WatchAsync(_openId, NameWithoutBlanks);
        await WatchAsync(_openId, "爸爸", "2026-11-23");
        await WatchAsync(_openId, "妈妈", "2026-11-24");
        foreach (var name in new[] { "小红", LongName, NameWithoutBlanks })
            await AcceptLaterAsync(SomebodyElse(), (await user.InviteAsync()).Invitation, name);
        await user.InviteAsync(); // on another phone
        await using var visitor = await OpenAsync(scheme, page: "pages/wards/wards");
        await visitor.SeeAsync("1 人漏打卡");
        await CheckAsync(visitor, "wards", scheme);
        var states = await visitor.Page.Locator(".state").EvaluateAllAsync<string[]>(
            "states => states.map(state => `${getComputedStyle(state).color} ${state.textContent}`)");
        Assert.That(states.Distinct().Select(state => state.Split(')')[0]), Is.Unique, "colours of what is so and what is not");

        await GoToAsync(visitor, "守护人");
        await visitor.SeeAsync("3 人守护着你");
        await InviteAsync(visitor, "我");
        await CheckAsync(visitor, "guardians", scheme);

        await using var newcomer = await OpenAsync(scheme, openId: SomebodyElse(), page: await ShareAsync(visitor));
        await newcomer.ClickAsync("接受");
        await Assertions.Expect(newcomer.Error).ToBeVisibleAsync();
        await CheckAsync(newcomer, "invited", scheme);
    }

    private static Task GoToAsync(Visitor visitor, string tab)
        => visitor.Page.GetByRole(AriaRole.Tab, new() { Name = tab, Exact = true }).ClickAsync();

    private static async Task InviteAsync(Visitor visitor, string name)
    {
        await visitor.Page.GetByLabel("守护人怎么称呼你").FillAsync(name);
        await visitor.ClickAsync("创建邀请");
        await Assertions.Expect(visitor.Button("发给微信好友")).ToBeVisibleAsync();
    }

    /// <summary>The path that the card opens.</summary>
    private async Task<string> ShareAsync(Visitor visitor)
    {
        await visitor.ClickAsync("发给微信好友");
        var isWhole = await visitor.Page.Locator("dialog").EvaluateAsync<bool>("dialog => dialog.scrollWidth <= dialog.clientWidth");
        Assert.That(isWhole, Is.True, "the address can be read to its end");
        var address = new Uri(await visitor.Page.Locator("dialog a").InnerTextAsync());
        await visitor.ClickAsync("完成");
        return Address.MakeRelativeUri(address).ToString();
    }

    private static async Task AcceptAsync(Visitor visitor, string name)
    {
        await visitor.SeeAsync("邀请你做守护人");
        await visitor.Page.GetByLabel("对方怎么称呼你").FillAsync(name);
        await visitor.ClickAsync("接受");
    }

    /// <summary>Has a guardian watch over somebody new, who has clocked in on these days.</summary>
    private async Task WatchAsync(string guardian, string name, params string[] days)
    {
        var ward = SomebodyElse();
        await ClockInAsync(ward, days);
        var (_, invitation) = await new User(_client, ward).InviteAsync(name);
        await AcceptLaterAsync(guardian, invitation);
    }

    /// <summary>In a second of its own, by which links are ordered.</summary>
    private Task AcceptLaterAsync(string guardian, string invitation, string name = "小明")
    {
        _clock.Set(Morning.AddSeconds(++_accepted));
        return new User(_client, guardian).AcceptAsync(invitation, name);
    }

    private static async Task LookAgainAsync(Visitor visitor)
    {
        await visitor.LookAwayAsync(true);
        await visitor.LookAwayAsync(false);
    }

    private static async Task SeePersonAsync(Visitor visitor, params string[] texts)
    {
        foreach (var text in texts)
        {
            var shown = visitor.Page.Locator(".person").GetByText(text, new() { Exact = true });
            await Assertions.Expect(shown).ToBeVisibleAsync(new() { Timeout = 20_000 });
        }
    }
}
