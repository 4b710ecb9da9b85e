using System.Diagnostics;
using SafeClockin.Tests.Servers;

namespace SafeClockin.Tests.Shipping;

/// <summary>A folder in which a script of the repository runs with stand-ins for the programs that it calls.</summary>
internal sealed class ScriptFolder
{
    private readonly string _folder = Workspace.NewFolder();

    /// <summary>Where the scripts make their temporary files.</summary>
    public string Temporary => Directory.CreateDirectory(Path.Combine(_folder, "tmp")).FullName;

    /// <summary>Copies a script of the repository to its place in the folder.</summary>
    public Task CopyAsync(string name) => WriteAsync(name, Repository.Read(name));

    /// <summary>Has a stand-in called instead of a program.</summary>
    public Task StandInAsync(string program, string script) => WriteAsync(Path.Combine("bin", program), script);

    public async Task WriteAsync(string name, string script)
    {
        var path = Path.Combine(_folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await File.WriteAllTextAsync(path, script);
        MariaDb.Run("chmod", ["+x", path]);
    }

    public async Task<(int ExitCode, string Output, string Errors)> RunAsync(string script, params string[] arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(_folder, script), arguments)
        {
            WorkingDirectory = _folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Remove("CI");
        start.Environment["TMPDIR"] = Temporary;
        start.Environment["PATH"] = $"{Path.Combine(_folder, "bin")}:{start.Environment["PATH"]}";
        using var run = Process.Start(start)!;
        var errors = run.StandardError.ReadToEndAsync();
        var output = await run.StandardOutput.ReadToEndAsync();
        await run.WaitForExitAsync();
        return (run.ExitCode, output, await errors);
    }
}
