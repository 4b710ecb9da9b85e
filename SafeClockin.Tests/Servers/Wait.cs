namespace SafeClockin.Tests.Servers;

/// <summary>Waits for what is about to happen, and fails a test for which it does not.</summary>
internal static class Wait
{
    /// <summary>Until it holds.</summary>
    public static Task UntilAsync(Func<bool> condition) => UntilAsync(() => Task.FromResult(condition()));

    /// <inheritdoc cref="UntilAsync(Func{bool})"/>
    public static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!await condition())
            await Task.Delay(5, patience.Token);
    }
}
