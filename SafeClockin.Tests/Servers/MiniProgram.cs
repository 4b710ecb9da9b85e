using System.ComponentModel;
using System.Diagnostics;

namespace SafeClockin.Tests.Servers;

/// <summary>The example mini-program, whose tools run in Node.</summary>
internal static class MiniProgram
{
    private static readonly string Folder = Path.Combine(Workspace.Repository, "examples", "miniprogram");

    /// <summary>One HTML page that shows it in a browser.</summary>
    public static async Task<string> BuildPageAsync()
    {
        var (exitCode, output) = await RunNodeAsync("preview/build.js");
        Assert.That(exitCode, Is.Zero, output);
        return output;
    }

    public static async Task<(int ExitCode, string Output)> RunNodeAsync(params string[] arguments)
    {
        if (!Directory.Exists(Path.Combine(Folder, "node_modules")))
            Requirement.Missing("Needs npm ci --prefix examples/miniprogram, which test.sh runs");

        try
        {
            using var node = Process.Start(new ProcessStartInfo("node", arguments)
            {
                WorkingDirectory = Folder,
                RedirectStandardOutput = true,
            })!;
            var output = await node.StandardOutput.ReadToEndAsync();
            await node.WaitForExitAsync();
            return (node.ExitCode, output);
        }
        catch (Win32Exception)
        {
            Requirement.Missing("Needs the package nodejs");
            throw;
        }
    }
}
