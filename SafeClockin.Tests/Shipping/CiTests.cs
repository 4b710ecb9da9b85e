using System.Diagnostics;
using SafeClockin.Tests.Servers;

namespace SafeClockin.Tests.Shipping;

/// <summary>What decides whether a change may go in, with stand-ins for the tests and for the formatter.</summary>
[Platform("Linux,MacOsX", Reason = "It is a script of a shell.")]
public sealed class CiTests
{
    private const string ThreePassed = """<Counters total="5" executed="3" passed="3" failed="0" />""";
    private const string NonePassed = """<Counters total="5" executed="0" passed="0" failed="0" />""";

    [TestCase(ThreePassed, 0, 0, 0, "3 passed, 0 failed, 2 skipped")]
    [TestCase(ThreePassed, 1, 0, 1, "3 passed, 0 failed, 2 skipped", Description = "a test hung")]
    [TestCase(ThreePassed, 0, 2, 1, "3 passed, 0 failed, 2 skipped", Description = "a file is not formatted")]
    [TestCase(NonePassed, 0, 0, 1, "0 passed, 0 failed, 5 skipped")]
    [TestCase(null, 0, 0, 1, "No test has run.")]
    public async Task It_fails_when_tests_or_formatter_do_or_no_test_has_run_and_ends_with_their_count(
        string? results, int tests, int formatter, int exitCode, string lastLine)
    {
        var folder = Workspace.NewFolder();
        await WriteAsync(".ci/run", Repository.Read(".ci/run"));
        await WriteAsync("test.sh", $"""
            #!/bin/sh
            [ "$CI" = true ] || exit 3 # where a missing server fails a test
            {(results is null ? "" : $"echo '{results}' > \"$4/tests.trx\"")}
            exit {tests}
            """);
        await WriteAsync("bin/dotnet", $"#!/bin/sh\nexit {formatter}\n");

        var start = new ProcessStartInfo(Path.Combine(folder, ".ci", "run")) { RedirectStandardOutput = true };
        start.Environment.Remove("CI");
        start.Environment["PATH"] = $"{Path.Combine(folder, "bin")}:{start.Environment["PATH"]}";
        using var run = Process.Start(start)!;
        var output = await run.StandardOutput.ReadToEndAsync();
        await run.WaitForExitAsync();

        Assert.That((run.ExitCode, output.TrimEnd().Split('\n')[^1]), Is.EqualTo((exitCode, lastLine)));

        async Task WriteAsync(string name, string script)
        {
            var path = Path.Combine(folder, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await File.WriteAllTextAsync(path, script);
            MariaDb.Run("chmod", ["+x", path]);
        }
    }
}
