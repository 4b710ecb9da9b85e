using System.Text.RegularExpressions;
using Microsoft.Playwright;
using SafeClockin.Tests.Servers;

namespace SafeClockin.Tests.Browser;

/// <summary>The page about the API, in a real browser.</summary>
public sealed class ApiDocsTests
{
    [Test]
    public async Task The_API_can_be_read_about_and_tried_without_asking_another_host()
    {
        using var service = Service.StartEmbedded();
        using var client = service.CreateClient();
        await using var visitor = await Visitor.OpenAsync(new Uri(service.ClientOptions.BaseAddress, "/docs"));

        await visitor.Page.GetByText("加一或清零").First.ClickAsync();
        await visitor.SeeAsync("请求体须为application/json");
        await visitor.TakePictureAsync("docs", isWhole: false);

        await visitor.Page.GetByRole(AriaRole.Button, new() { Name = "post /api/count)" }).ClickAsync();
        var answer = visitor.Page.WaitForResponseAsync(new Regex("/api/count$"));
        await visitor.Page.GetByRole(AriaRole.Button, new() { NameRegex = new Regex("^(Send|发送)") }).First.ClickAsync();

        Assert.That(await (await answer).TextAsync(), Is.EqualTo("""{"code":0,"data":1}"""));
        Assert.That(await client.GetCountAsync(), Is.EqualTo(1));
        await visitor.TakePictureAsync("docs-tried", isWhole: false);
        visitor.ExpectNoComplaints();
    }

    [TestCase("zh-CN", "测试请求")]
    [TestCase("en-GB", "Test Request")]
    public async Task It_speaks_the_browsers_language_and_opens_on_the_calls(string language, string button)
    {
        using var service = Service.StartEmbedded();
        await using var visitor = await Visitor.OpenAsync(
            new Uri(service.ClientOptions.BaseAddress, "/docs"), new() { Locale = language, ViewportSize = new() { Width = 1280, Height = 1000 } });

        await visitor.SeeAsync("加一或清零");
        foreach (var part in new[] { "auth", "clients" })
            await Assertions.Expect(visitor.Page.Locator(".scalar-reference-intro-" + part).First).ToBeHiddenAsync();
        await visitor.TakePictureAsync($"docs-{language}", isWhole: false);
        await visitor.SeeAsync(button);
    }
}
