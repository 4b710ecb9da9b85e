using SafeClockin.Tests.Browser;
using SafeClockin.Tests.Servers;

/// <summary>Where the tests keep their files: in one folder, which goes after the last test.</summary>
/// <remarks>Outside of any namespace, so that it outlives the fixtures of each.</remarks>
[SetUpFixture]
public sealed class Workspace
{
    private static readonly Lazy<DirectoryInfo> Root = new(() => Directory.CreateTempSubdirectory("safeclockin-"));

    /// <summary>Where the repository lies, which the tests are built in.</summary>
    public static string Repository
    {
        get
        {
            var folder = new DirectoryInfo(TestContext.CurrentContext.TestDirectory);
            while (!File.Exists(Path.Combine(folder.FullName, "SafeClockin.sln")))
                folder = folder.Parent ?? throw new InvalidOperationException("The tests run outside of their repository.");
            return folder.FullName;
        }
    }

    public static string NewFolder() => Root.Value.CreateSubdirectory(Guid.NewGuid().ToString("N")).FullName;

    [OneTimeTearDown]
    public async Task DeleteAsync()
    {
        await Chromium.StopAsync();
        MySqlServer.Stop();
        if (Root.IsValueCreated)
            Root.Value.Delete(recursive: true);
    }
}
