using System.Collections.Concurrent;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace SafeClockin.Tests.Browser;

/// <summary>Somebody who has opened a page, in a browser profile of their own.</summary>
internal sealed class Visitor : IAsyncDisposable
{
    private readonly IBrowserContext _context;
    private readonly Uri _service;

    private Visitor(IBrowserContext context, IPage page, Uri service)
    {
        (_context, Page, _service) = (context, page, service);
        page.Request += (_, request) => Requests.Enqueue(request);
        page.PageError += (_, error) => Errors.Enqueue(error);
        page.Console += (_, line) =>
        {
            if (line.Type is "error" or "warning")
                Errors.Enqueue(line.Text);
        };
    }

    public IPage Page { get; }

    /// <summary>What the browser's console complained about.</summary>
    public ConcurrentQueue<string> Errors { get; } = [];

    public ConcurrentQueue<IRequest> Requests { get; } = [];

    public ILocator Count => Page.Locator("#count");

    public ILocator Error => Page.GetByRole(AriaRole.Alert);

    /// <summary>Opens the page, after what <paramref name="prepare"/> does to the profile.</summary>
    public static async Task<Visitor> OpenAsync(
        Uri service, BrowserNewContextOptions? options = null, Func<IBrowserContext, Task>? prepare = null)
    {
        options ??= new();
        options.Locale ??= "zh-CN";
        var context = await Chromium.NewContextAsync(options);
        context.SetDefaultTimeout(20_000);
        if (prepare is not null)
            await prepare(context);
        var visitor = new Visitor(context, await context.NewPageAsync(), service);
        await visitor.Page.GotoAsync(service.ToString());
        return visitor;
    }

    public ILocator Button(string name) => Page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });

    public Task ClickAsync(string button) => Button(button).ClickAsync();

    public Task SeeAsync(string text) => Assertions.Expect(Page.Locator("body")).ToContainTextAsync(text, Patiently());

    public Task SeeCountAsync(string count) => Assertions.Expect(Count).ToHaveTextAsync(count, new() { Timeout = 20_000 });

    /// <summary>Waits until what the page has asked is known, and what it was answered before has reached it.</summary>
    public Task AnswersArriveAsync() => Page.EvaluateAsync("() => fetch('/health')");

    /// <summary>Looks away, to another tab, or back.</summary>
    public Task LookAwayAsync(bool isAway)
        => Page.EvaluateAsync(
            """
            isAway => {
              Object.defineProperty(document, 'hidden', { value: isAway, configurable: true });
              document.dispatchEvent(new Event('visibilitychange'));
            }
            """,
            isAway);

    /// <summary>What an accessibility checker finds to say about the page as it stands.</summary>
    public async Task<IEnumerable<string>> FindBarriersAsync()
    {
        // A colour on its way to another has a contrast of its own.
        await Page.EvaluateAsync("() => Promise.allSettled(document.getAnimations().map(animation => animation.finished))");
        var result = await Page.RunAxe();
        return result.Violations.Select(violation =>
            $"{violation.Id}: {violation.Help} {string.Join(' ', violation.Nodes.Select(node => node.Html))}");
    }

    /// <summary>Keeps a picture beside the test results: of the whole page, or of what the window shows.</summary>
    public async Task TakePictureAsync(string name, bool isWhole = true)
    {
        var file = Path.Combine(TestContext.CurrentContext.WorkDirectory, "screenshots", name + ".png");
        await Page.ScreenshotAsync(new() { Path = file, FullPage = isWhole, Animations = ScreenshotAnimations.Disabled });
        TestContext.AddTestAttachment(file);
    }

    /// <summary>Fails when the page has asked another host for anything, or the console has complained.</summary>
    public void ExpectNoComplaints()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Errors, Is.Empty);
            Assert.That(Requests.Select(request => new Uri(request.Url).Authority), Has.All.EqualTo(_service.Authority));
        }
    }

    public ValueTask DisposeAsync() => _context.DisposeAsync();

    private static LocatorAssertionsToContainTextOptions Patiently() => new() { Timeout = 20_000, UseInnerText = true };
}
