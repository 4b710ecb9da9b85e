namespace SafeClockin.Tests.Servers;

/// <summary>What a test needs of the machine it runs on.</summary>
internal static class Requirement
{
    /// <summary>Skips the running test with its reason; in CI, where nothing may be missing, fails it.</summary>
    public static void Missing(string reason)
    {
        if (Environment.GetEnvironmentVariable("CI") == "true")
            Assert.Fail(reason);
        Assert.Ignore(reason);
    }
}
