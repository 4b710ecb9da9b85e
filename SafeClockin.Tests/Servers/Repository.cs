using System.Runtime.CompilerServices;

namespace SafeClockin.Tests.Servers;

/// <summary>The files that are shipped beside the program, where the tests were built.</summary>
internal static class Repository
{
    private static readonly string Root = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Here())!, "..", ".."));

    public static string Read(string file) => File.ReadAllText(Path.Combine(Root, file));

    private static string Here([CallerFilePath] string path = "") => path;
}
