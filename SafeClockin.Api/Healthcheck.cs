namespace SafeClockin.Api;

/// <summary>
/// The program as a container's health check: it asks the service beside it, because the image has no curl.
/// </summary>
internal static class Healthcheck
{
    /// <summary>Makes the program a health check when it stands alone on the command line.</summary>
    public const string Argument = "--healthcheck";

    // Less than a container engine's patience, so that the reason is told before it kills this process.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    /// <summary>
    /// Asks /health of the service that listens where the environment says. The database is not asked about: a
    /// platform that restarts this service for it would make matters worse.
    /// </summary>
    /// <returns>The exit code: 0 when the service answers.</returns>
    public static async Task<int> RunAsync()
    {
        using var client = new HttpClient { Timeout = Patience };
        try
        {
            using var response = await client.GetAsync(new Uri($"http://localhost:{FindPort()}/health"));
            response.EnsureSuccessStatusCode();
            return 0;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 1;
        }
    }

    private static int FindPort()
        => Environment.GetEnvironmentVariable("ASPNETCORE_URLS") is { Length: > 0 } urls
            ? BindingAddress.Parse(urls.Split(';')[0]).Port
            : int.TryParse(Environment.GetEnvironmentVariable("ASPNETCORE_HTTP_PORTS")?.Split(';')[0], out var port)
                ? port
                : Hosting.DefaultPort;
}
