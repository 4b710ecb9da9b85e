using System.Collections;
using Microsoft.Playwright;
using SafeClockin.Tests.Servers;

namespace SafeClockin.Tests.Browser;

/// <summary>
/// The system's own Chromium, started by the first test that needs it and ended after the last test; none is ever downloaded.
/// </summary>
internal static class Chromium
{
    // The first one is the same engine without the windows that nobody sees, which takes half the time.
    private static readonly string? Program =
        new[] { "/usr/bin/chromium-headless-shell", "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome" }
            .FirstOrDefault(File.Exists);

    private static readonly Lazy<Task<IBrowser>> Shared = new(StartAsync);
    private static IPlaywright? _playwright;
    private static IBrowser? _started;

    /// <summary>A new profile; skips the test where there is no browser, unless it runs in CI, where there must be one.</summary>
    public static async Task<IBrowserContext> NewContextAsync(BrowserNewContextOptions options)
    {
        if (Program is null || !Directory.Exists("/usr/share/fonts/opentype/noto"))
            Requirement.Missing("Needs the packages chromium-headless-shell, or chromium, and fonts-noto-cjk");
        return await (await Shared.Value).NewContextAsync(options);
    }

    public static async Task StopAsync()
    {
        if (_started is not null)
            await _started.CloseAsync();
        _playwright?.Dispose();
    }

    private static async Task<IBrowser> StartAsync()
    {
        _playwright = await Playwright.CreateAsync();
        var environment = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().ToDictionary(e => (string)e.Key, e => (string)e.Value!);
        // The same letters on every machine, whatever else is installed there.
        environment["FONTCONFIG_FILE"] = Path.Combine(Workspace.Repository, "SafeClockin.Tests", "Browser", "fonts.conf");
        return _started = await _playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Program,
            Env = environment,
            Args = ["--no-sandbox", "--disable-dev-shm-usage"], // as root and in containers
        });
    }
}
