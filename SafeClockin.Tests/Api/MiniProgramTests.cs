using SafeClockin.Tests.Servers;

namespace SafeClockin.Tests.Api;

/// <summary>The example client's own tests, which run in Node.</summary>
public sealed class MiniProgramTests
{
    [Test]
    public async Task The_example_client_passes_its_own_tests()
    {
        var (exitCode, output) = await MiniProgram.RunNodeAsync("--test", "--test-reporter=tap");

        Assert.That(exitCode, Is.Zero, output);
        Assert.That(output, Does.Match("(?m)^# pass [1-9]").And.Match("(?m)^# skipped 0$"), output);
    }
}
