using System.ComponentModel;
using System.Diagnostics;
using SafeClockin.Tests.Servers;

namespace SafeClockin.Tests.Api;

/// <summary>The example client, whose own tests run in Node against this service.</summary>
public sealed class MiniProgramTests
{
    [Test]
    public async Task The_example_client_works_with_this_service()
    {
        using var weChat = new WeChatStub();
        using var service = Service.Start(weChat.Settings());

        var (exitCode, output) = await RunNodeAsync(service.ClientOptions.BaseAddress, weChat.CodeOf("an-openid"));

        Assert.That(exitCode, Is.Zero, output);
        Assert.That(output, Does.Contain("# pass 16").And.Contain("# skipped 0"), "with a service and a code none is skipped");
    }

    private static async Task<(int ExitCode, string Output)> RunNodeAsync(Uri service, string code)
    {
        var start = new ProcessStartInfo("node", ["--test", "--test-reporter=tap"])
        {
            WorkingDirectory = Path.Combine(Workspace.Repository, "examples", "miniprogram"),
            RedirectStandardOutput = true,
        };
        start.Environment["LOGIN_CODE"] = code;
        start.Environment["SERVICE_URL"] = service.GetLeftPart(UriPartial.Authority);

        try
        {
            using var node = Process.Start(start)!;
            var output = await node.StandardOutput.ReadToEndAsync();
            await node.WaitForExitAsync();
            return (node.ExitCode, output);
        }
        catch (Win32Exception)
        {
            Requirement.Missing("node is not installed");
            throw;
        }
    }
}
