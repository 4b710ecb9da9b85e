using System.Text.RegularExpressions;
using SafeClockin.Domain.ClockIns;
using SafeClockin.Tests.Servers;

namespace SafeClockin.Tests.Api;

/// <summary>The service in places that are poorer, or set to other languages, than a developer's machine.</summary>
[Platform("Linux")]
public sealed partial class PlaceTests
{
    private static readonly string[] Places =
    [
        "exec \"$@\"",
        "unset HOME; exec \"$@\"",
        "TZ=Asia/Shanghai LANG=zh_CN.UTF-8 exec \"$@\"",
        "TZ=Europe/Istanbul LANG=tr_TR.UTF-8 LC_ALL=tr_TR.UTF-8 exec \"$@\"",
        "unset TZ LANG LC_ALL; exec \"$@\"",
        "LANG=C LC_ALL=C DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 exec \"$@\"",
        "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=0 LANG=tr_TR.UTF-8 exec \"$@\"",
        "DOTNET_GCHeapHardLimit=0x4000000 exec \"$@\"", // half of 128 MB: the rest is libraries
        "exec env -i \"PATH=$PATH\" \"STORE=$STORE\" \"SQLITE_FILE=$SQLITE_FILE\" \"ASPNETCORE_URLS=$ASPNETCORE_URLS\" \"$@\"",
    ];

    // These need rights that not every machine gives.
    private const string AnotherUser = "folder=\"$(dirname \"$SQLITE_FILE\")\"; chmod 777 \"$folder\"; chmod 711 \"$(dirname \"$folder\")\"; exec setpriv --reuid 4711 --regid 4711 --clear-groups --no-new-privs \"$@\"";
    private const string ReadOnlyRoot =
        "folder=\"$(dirname \"$SQLITE_FILE\")\"; exec unshare -m sh -c 'mount --bind \"$0\" \"$0\" && mount -o remount,ro,bind / && exec \"$@\"' \"$folder\" \"$@\"";

    [TestCaseSource(nameof(Places))]
    public Task It_starts_counts_and_logs_the_same(string shell) => ExpectTheSameAsync(shell);

    [TestCase(AnotherUser)]
    [TestCase(ReadOnlyRoot)]
    public async Task It_starts_counts_and_logs_the_same_with_fewer_rights(string shell)
    {
        try
        {
            MariaDb.Run("sh", ["-c", shell.Contains("setpriv") ? "setpriv --reuid 4711 --regid 4711 --clear-groups true" : "unshare -m mount -o remount,ro,bind /"]);
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            Assert.Ignore("Needs root, with the right to mount: " + e.Message);
        }

        await ExpectTheSameAsync(shell);
    }

    [Test]
    public async Task Days_are_China_s_on_a_machine_that_knows_no_time_zones()
    {
        var settings = Service.EmbeddedStore();
        settings["TOKEN_SECRET"] = WeChatStub.TokenSecret;
        var (service, client) = await ServiceProcess.StartByShellAsync("TZDIR=/nowhere exec \"$@\"", settings);
        using var _ = service;
        using var __ = client;

        var before = ChinaDay.Of(DateTimeOffset.UtcNow);
        var day = DateOnly.Parse((await new User(client, "an-openid").DataAsync("POST", "/api/clockin")).GetProperty("day").GetString()!);
        Assert.That(day, Is.EqualTo(before).Or.EqualTo(ChinaDay.Of(DateTimeOffset.UtcNow)));
    }

    private static async Task ExpectTheSameAsync(string shell)
    {
        var (service, client) = await ServiceProcess.StartByShellAsync(shell, Service.EmbeddedStore());
        using var _ = service;
        using var __ = client;

        Assert.That(await client.PostActionAsync("inc"), Is.EqualTo(1));
        using (var page = await client.GetAsync("/"))
            Assert.That((int)page.StatusCode, Is.EqualTo(200));
        Assert.That(await client.GetCountAsync(), Is.EqualTo(1));
        Assert.That(await service.StopAsync(), Is.Zero);

        var lines = service.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.That(lines, Has.All.Match(UtcTime), "in UTC everywhere");
        Assert.That(lines.Select(line => Template().Match(line).Value), Is.EquivalentTo(new[]
        {
            "SafeClockin {Version}", "Storing in the embedded SQLite file {File}; set MYSQL_ADDRESS to store in MySQL",
            "Login is not configured: {Error}", "Login is not configured: {Error}",
            "Now listening on: {address}", "Application started. Press Ctrl+C to shut down.", "Hosting environment: {EnvName}",
            "Content root path: {ContentRoot}", Request, Request, Request, "Application is shutting down...",
        }));
    }

    private const string UtcTime = @"^\{""@t"":""20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z"",";
    private const string Request = "HTTP {RequestMethod} {RequestPath} responded {StatusCode} in {Elapsed:0.0000} ms";

    [GeneratedRegex(@"(?<=""@mt"":"")[^""]+")]
    private static partial Regex Template();
}
