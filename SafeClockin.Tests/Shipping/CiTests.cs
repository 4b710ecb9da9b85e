using System.Text.Json;
using System.Xml.Linq;
using SafeClockin.Tests.Servers;

namespace SafeClockin.Tests.Shipping;

/// <summary>The scripts that run the tests and decide whether a change may go in, with stand-ins for what they call.</summary>
[Platform("Linux,MacOsX", Reason = "It is a script of a shell.")]
public sealed class CiTests
{
    private const string ThreePassed = """<Counters total="5" executed="3" passed="3" failed="0" />""";
    private const string OneFailed = """<Counters total="5" executed="4" passed="3" failed="1" />""";
    private const string NonePassed = """<Counters total="5" executed="0" passed="0" failed="0" />""";

    private ScriptFolder _folder;

    [SetUp]
    public void MakeFolder() => _folder = new();

    [TestCase(ThreePassed, 0, 0, 0, "3 passed, 0 failed, 2 skipped")]
    [TestCase(ThreePassed, 1, 0, 1, "3 passed, 0 failed, 2 skipped", Description = "a test hung")]
    [TestCase(ThreePassed, 0, 2, 1, "3 passed, 0 failed, 2 skipped", Description = "a file is not formatted")]
    [TestCase(OneFailed, 0, 0, 1, "3 passed, 1 failed, 1 skipped")]
    [TestCase(NonePassed, 0, 0, 1, "0 passed, 0 failed, 5 skipped")]
    [TestCase(null, 0, 0, 1, "No test has run.")]
    public async Task It_fails_when_tests_or_formatter_do_or_no_test_has_run_and_ends_with_their_count(
        string? results, int tests, int formatter, int exitCode, string lastLine)
    {
        await _folder.CopyAsync(".ci/run");
        await _folder.WriteAsync("test.sh", $"""
            #!/bin/sh
            [ "$CI" = true ] || exit 3 # where a missing server fails a test
            {(results is null ? "" : $"echo '{results}' > \"$4/tests.trx\"")}
            echo '  Passed A [1 s]'
            {(results == OneFailed ? "echo '  Failed B [1 s]'; echo '  What is wrong with it'" : "")}
            echo '  Passed C [1 s]'
            exit {tests}
            """);
        await _folder.StandInAsync("dotnet", $"""
            #!/bin/sh
            case $* in format*--verify-no-changes) exit {formatter} ;; esac
            exit 3 # the formatter would change files
            """);

        var (code, output, _) = await _folder.RunAsync(".ci/run");

        var lines = output.TrimEnd().Split('\n');
        Assert.That((code, lines[^1]), Is.EqualTo((exitCode, lastLine)));
        if (results == OneFailed)
            Assert.That(lines[^3..^1], Is.EqualTo(["  Failed B [1 s]", "  What is wrong with it"]), "once more where they are found");
    }

    [Test]
    public async Task Every_package_that_is_missing_is_installed_at_once()
    {
        var script = Repository.Read("test.sh").Replace("/usr/sbin/mariadbd", "/nowhere").Replace("needs curl", "needs no-such-program");
        await _folder.WriteAsync("test.sh", script);
        await _folder.StandInAsync("id", "#!/bin/sh\necho 0\n");
        foreach (var program in new[] { "npm", "dotnet" })
            await _folder.StandInAsync(program, "#!/bin/sh\n");
        await _folder.StandInAsync("apt-get", """
            #!/bin/sh
            case $1 in update) touch lists ;; install) [ -e lists ] && echo "$DEBIAN_FRONTEND $*" >&2 ;; esac
            """);

        var (code, _, errors) = await _folder.RunAsync("test.sh");

        Assert.That(code, Is.Zero);
        Assert.That(errors, Does.Match("(?m)^noninteractive install -y .* mariadb-server-core .*curl$"));
    }

    [Test]
    public void Any_SDK_of_the_runtime_s_version_builds_it()
    {
        var sdk = JsonDocument.Parse(Repository.Read("global.json")).RootElement.GetProperty("sdk");

        Assert.That(sdk.GetProperty("version").GetString(), Is.EqualTo(typeof(object).Assembly.GetName().Version!.ToString(2) + ".100"), "or a later one");
        Assert.That(sdk.GetProperty("rollForward").GetString(), Is.EqualTo("latestFeature"));
    }

    [Test]
    public void An_advisory_of_tomorrow_does_not_stop_what_is_built_today()
        => Assert.That(
            XDocument.Parse(Repository.Read("Directory.Build.props")).Descendants("WarningsNotAsErrors").Single().Value.Split(';'),
            Is.SupersetOf(new[] { "NU1900", "NU1901", "NU1902", "NU1903", "NU1904", "NU1905" })); // https://learn.microsoft.com/nuget/concepts/auditing-packages

    [Test]
    public async Task The_tests_run_where_packages_of_npm_cannot_be_had_and_the_developer_is_told()
    {
        await _folder.CopyAsync("test.sh");
        await _folder.WriteAsync("examples/miniprogram/package-lock.json", "{}");
        await _folder.StandInAsync("apt-get", "#!/bin/sh\n");
        await _folder.StandInAsync("npm", "#!/bin/sh\nexit 1\n");
        await _folder.StandInAsync("dotnet", "#!/bin/sh\necho \"$@\"\nexit 4\n");

        var (code, output, errors) = await _folder.RunAsync("test.sh");

        Assert.That(code, Is.EqualTo(4), "as the tests have ended");
        Assert.That(output, Does.Contain("test SafeClockin.sln"));
        Assert.That(errors, Does.Contain("npm ci has failed in examples/miniprogram, and the tests that need it are skipped"));
    }
}
