using System.Diagnostics;

namespace SafeClockin.Tests.Servers;

/// <summary>The library that py-safeClockin signs and verifies its tokens with, as Debian packages it.</summary>
internal static class PyJwt
{
    /// <summary>What a Python expression prints, which may use <c>jwt</c>, <c>json</c>, <c>time</c> and the arguments <c>a</c>.</summary>
    public static string Evaluate(string expression, params string[] arguments)
    {
        if (Run("print(jwt.__version__)", []).ExitCode != 0)
            Requirement.Missing("Needs the package python3-jwt");
        var (exitCode, output) = Run($"print({expression})", arguments);
        return exitCode == 0 ? output.Trim() : throw new InvalidOperationException(output);
    }

    private static (int ExitCode, string Output) Run(string statement, string[] arguments)
    {
        const string Python = "/usr/bin/python3";
        if (!File.Exists(Python))
            return (-1, "");
        using var process = Process.Start(
            new ProcessStartInfo(Python, ["-c", $"import jwt, json, sys, time; a = sys.argv[1:]; {statement}", .. arguments])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd() + error.Result;
        process.WaitForExit();
        return (process.ExitCode, output);
    }
}
