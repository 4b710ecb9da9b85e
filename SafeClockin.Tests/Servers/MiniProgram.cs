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
        using var node = StartNode(arguments);
        var output = await node.StandardOutput.ReadToEndAsync();
        await node.WaitForExitAsync();
        return (node.ExitCode, output);
    }

    /// <summary>The preview as <c>npm start</c> runs it, until it is killed, and where it listens.</summary>
    public static async Task<(Process Process, string Address)> StartPreviewAsync()
    {
        var node = StartNode("preview/serve.js");
        var line = await node.StandardOutput.ReadLineAsync();
        Assert.That(line, Does.StartWith("The mini-program: http://127.0.0.1:"));
        return (node, line!.Split(' ')[^1].TrimEnd('/'));
    }

    private static Process StartNode(params string[] arguments)
    {
        if (!Directory.Exists(Path.Combine(Folder, "node_modules")))
            Requirement.Missing("Needs npm ci --prefix examples/miniprogram, which test.sh runs");

        try
        {
            return Process.Start(new ProcessStartInfo("node", arguments)
            {
                WorkingDirectory = Folder,
                RedirectStandardOutput = true,
                Environment = { ["PORT"] = "0" },
            })!;
        }
        catch (Win32Exception)
        {
            Requirement.Missing("Needs the package nodejs");
            throw;
        }
    }
}
