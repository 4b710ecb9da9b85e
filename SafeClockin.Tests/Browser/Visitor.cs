using System.Collections.Concurrent;
using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace SafeClockin.Tests.Browser;

/// <summary>Somebody who has opened a page, in a browser profile of their own.</summary>
internal sealed class Visitor : IAsyncDisposable
{
    // Texts that something lies over, or that are hardly darker or lighter than their ground (WCAG 2.2, 1.4.3) in what has a
    // role that leaves its text out, where the accessibility checker does not look.
    private const string FindIllegible =
        """
        () => {
          const partsOf = color => color.match(/[\d.]+/g).map(Number);
          const lightOf = color => {
            const [red, green, blue] = partsOf(color).map(part => part / 255)
              .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
            return 0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05;
          };
          const isOpaque = element => partsOf(getComputedStyle(element).backgroundColor)[3] !== 0;
          const groundOf = element => isOpaque(element) ? getComputedStyle(element).backgroundColor : groundOf(element.parentElement);
          const illegible = [];
          const texts = document.createTreeWalker(document.querySelector('dialog[open]') ?? document.body, NodeFilter.SHOW_TEXT);
          while (texts.nextNode()) {
            const [text, element] = [texts.currentNode.data.trim(), texts.currentNode.parentElement];
            if (!text || element.closest('.unseen')) continue;
            const range = new Range();
            range.selectNodeContents(texts.currentNode);
            for (const box of range.getClientRects()) {
              const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
              const isCovered = top && !top.contains(element) && (top.closest('button') || isOpaque(top));
              if (isCovered && !top.closest('[role=alert]')) illegible.push(`${text} is below ${top.outerHTML}`);
            }
            if (!element.closest('[role=img]')) continue;
            const [dark, light] = [getComputedStyle(element).color, groundOf(element)].map(lightOf).sort((a, b) => a - b);
            if (light / dark < 4.5) illegible.push(`${text} has a contrast of ${light / dark}`);
          }
          return illegible;
        }
        """;

    // Makes a picture eight times smaller, and tells where it is another than the one that was kept so. Smaller, since a digit of
    // the service's address or the smoothing of a letter is no other look; what has moved by a few pixels, or has another
    // colour, still is.
    private const string ComparePictures =
        """
        async ([taken, kept]) => {
          const drawingOf = async (base64, scale) => {
            const picture = await createImageBitmap(new Blob([Uint8Array.from(atob(base64), byte => byte.charCodeAt())]));
            const canvas = document.createElement('canvas');
            [canvas.width, canvas.height] = [Math.round(picture.width / scale), Math.round(picture.height / scale)];
            const drawing = canvas.getContext('2d');
            drawing.imageSmoothingQuality = 'high';
            drawing.drawImage(picture, 0, 0, canvas.width, canvas.height);
            return drawing;
          };
          const now = await drawingOf(taken, 8);
          const small = now.canvas.toDataURL().split(',')[1];
          if (!kept) return [small, 'No picture is kept.'];
          const before = await drawingOf(kept, 1);
          const { width, height } = now.canvas;
          if (before.canvas.width !== width || before.canvas.height !== height) {
            return [small, `${8 * width} by ${8 * height} pixels instead of ${8 * before.canvas.width} by ${8 * before.canvas.height}`];
          }
          const [expected, actual] = [before, now].map(drawing => drawing.getImageData(0, 0, width, height).data);
          const places = new Set();
          actual.forEach((part, index) => {
            if (Math.abs(part - expected[index]) > 24) places.add(Math.floor(index / 4));
          });
          return places.size < 3 ? [small]
            : [small, ...[...places].map(place => `${8 * (place % width)},${8 * Math.floor(place / width)}`)];
        }
        """;

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

    /// <summary>
    /// Fails when the page as it stands is read out, or looks, otherwise than the files of that state in States say. They are
    /// written where WRITE_STATES is set.
    /// </summary>
    /// <param name="state">Names the files.</param>
    /// <param name="view">Set apart from others by it: the same state in another size or colour scheme.</param>
    /// <param name="isWhole">Whether all of the page is looked at, or what the window shows.</param>
    public async Task ExpectStateAsync(string state, string? view = null, bool isWhole = true)
    {
        await HearAsync(FileOf(state + ".yaml"));
        await LookAsync(view is null ? state : $"{state}-{view}", isWhole);
    }

    /// <summary>Expects the page in that state, and has an accessibility checker look at it.</summary>
    public async Task CheckAsync(string state, string view, bool isWhole = true)
    {
        await ExpectStateAsync(state, view, isWhole);
        // A colour on its way to another has a contrast of its own.
        await Page.EvaluateAsync("() => Promise.allSettled(document.getAnimations().map(animation => animation.finished))");
        var result = await Page.RunAxe(new AxeRunOptions { Rules = new() { ["target-size"] = new() { Enabled = true } } });
        var barriers = result.Violations.Select(violation =>
            $"{violation.Id}: {violation.Help} {string.Join(' ', violation.Nodes.Select(node => node.Html))}");
        Assert.That(barriers, Is.Empty, state);
        Assert.That(await Page.EvaluateAsync<string[]>(FindIllegible), Is.Empty, state);
    }

    /// <summary>Keeps a picture beside the test results: of the whole page, or of what the window shows.</summary>
    public async Task<byte[]> TakePictureAsync(string name, bool isWhole = true)
    {
        var file = Path.Combine(TestContext.CurrentContext.WorkDirectory, "screenshots", name + ".png");
        var picture = await Page.ScreenshotAsync(new() { Path = file, FullPage = isWhole, Animations = ScreenshotAnimations.Disabled });
        TestContext.AddTestAttachment(file);
        return picture;
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

    private async Task HearAsync(string file)
    {
        var origin = _service.GetLeftPart(UriPartial.Authority);
        var body = Page.Locator("body");
        if (AreWritten)
            await File.WriteAllTextAsync(file, (await body.AriaSnapshotAsync()).Replace(origin, "{service}") + "\n");
        var expected = (await File.ReadAllTextAsync(file)).Replace("{service}", origin);
        await Assertions.Expect(body).ToMatchAriaSnapshotAsync("- /children: deep-equal\n" + expected, new() { Timeout = 20_000 });
    }

    private async Task LookAsync(string name, bool isWhole)
    {
        var file = FileOf(name + ".png");
        var kept = File.Exists(file) ? await File.ReadAllBytesAsync(file) : [];
        string[] compared = [];
        for (var tries = 0; tries < 10 && compared.Length != 1; tries++) // an icon may still be on its way
        {
            var taken = await TakePictureAsync(name, isWhole);
            compared = await Page.EvaluateAsync<string[]>(ComparePictures, new[] { taken, kept }.Select(Convert.ToBase64String));
        }

        var (picture, differences) = (compared[0], compared[1..]);
        if (AreWritten && differences.Length > 0)
            await File.WriteAllBytesAsync(file, Convert.FromBase64String(picture));
        else
            Assert.That(differences, Is.Empty, $"{name} looks otherwise");
    }

    private static bool AreWritten => Environment.GetEnvironmentVariable("WRITE_STATES") is not null;

    private static string FileOf(string name) => Path.Combine(Workspace.Repository, "SafeClockin.Tests", "Browser", "States", name);

    private static LocatorAssertionsToContainTextOptions Patiently() => new() { Timeout = 20_000, UseInnerText = true };
}
