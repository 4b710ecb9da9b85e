using Microsoft.Playwright;
using SafeClockin.Tests.Servers;

namespace SafeClockin.Tests.Browser;

/// <summary>The system's own Chromium, started once for all browser tests; none is ever downloaded.</summary>
[SetUpFixture]
public sealed class Chromium
{
    // The first one is the same engine without the windows that nobody sees, which takes half the time.
    private static readonly string[] Programs =
        ["/usr/bin/chromium-headless-shell", "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    private static IPlaywright? _playwright;

    internal static IBrowser Instance { get; private set; }

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        var program = Programs.FirstOrDefault(File.Exists);
        if (program is null)
            Requirement.Missing("Needs the package chromium-headless-shell or chromium");

        _playwright = await Playwright.CreateAsync();
        Instance = await _playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = program,
            Args = ["--no-sandbox", "--disable-dev-shm-usage"], // as root and in containers
        });
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        if (Instance is not null)
            await Instance.CloseAsync();
        _playwright?.Dispose();
    }
}
