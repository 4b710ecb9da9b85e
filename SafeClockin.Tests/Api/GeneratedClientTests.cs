using System.ComponentModel;
using System.Diagnostics;
using SafeClockin.Tests.Docs;
using SafeClockin.Tests.Servers;

namespace SafeClockin.Tests.Api;

/// <summary>The API document as tools see it: a linter, and a generator of typed clients.</summary>
public sealed class GeneratedClientTests
{
    private static readonly string Tools = Path.Combine(Workspace.Repository, "SafeClockin.Tests", "TypeScript");

    [OneTimeSetUp]
    public void RequireTools()
    {
        if (!Directory.Exists(Path.Combine(Tools, "node_modules")))
            Requirement.Missing("Needs npm ci --prefix SafeClockin.Tests/TypeScript, which test.sh runs");
    }

    [Test]
    public async Task A_public_linter_finds_nothing_to_complain_about()
        => await RunAsync(Path.Combine(Tools, "lint.mjs"), ApiDocument.File);

    [Test]
    public async Task The_example_clients_calls_have_the_types_that_a_generator_makes_of_the_document()
    {
        var folder = Workspace.NewFolder();
        foreach (var file in new[] { "request.d.ts", "wechat.d.ts", "tsconfig.json" })
            File.Copy(Path.Combine(Tools, file), Path.Combine(folder, file));
        var client = Path.Combine(Workspace.Repository, "examples", "miniprogram", "app");
        foreach (var file in Directory.GetFiles(client, "*.js", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(folder, Path.GetRelativePath(client, file));
            if (Path.GetFileName(file) == "request.js")
                continue; // typed by request.d.ts, which stands in its place
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        await RunAsync(
            Tool("openapi-typescript", "bin", "cli.js"),
            ApiDocument.File, "--output", Path.Combine(folder, "openapi.d.ts"));
        await RunAsync(Tool("typescript", "bin", "tsc"), "--project", folder);

        Assert.That(Directory.GetFiles(folder, "*.js", SearchOption.AllDirectories), Is.Not.Empty);
    }

    private static string Tool(params string[] path) => Path.Combine([Tools, "node_modules", .. path]);

    private static async Task RunAsync(params string[] arguments)
    {
        try
        {
            using var node = Process.Start(new ProcessStartInfo("node", arguments)
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            var errors = node.StandardError.ReadToEndAsync();
            var output = await node.StandardOutput.ReadToEndAsync() + await errors;
            await node.WaitForExitAsync();
            Assert.That(node.ExitCode, Is.Zero, output);
        }
        catch (Win32Exception)
        {
            Requirement.Missing("Needs the package nodejs");
        }
    }
}
