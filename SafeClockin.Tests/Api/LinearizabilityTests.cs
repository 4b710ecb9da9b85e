using System.Diagnostics;
using SafeClockin.Tests.Servers;

namespace SafeClockin.Tests.Api;

/// <summary>
/// The counter as parallel clients see it. Each read must lie between the increments acknowledged before it began and
/// those attempted before it ended, and so must the value of each increment.
/// </summary>
public sealed class LinearizabilityTests
{
    private const int Clients = 32;
    private const int CallsOfEach = 60;

    [TestCase("sqlite", 1)]
    [TestCase("mysql", 1)]
    [TestCase("mysql", 2, Description = "two replicas on one database")]
    public async Task Every_answer_fits_the_order_of_events(string store, int replicas)
    {
        var settings = store == "mysql" ? MySqlServer.NewDatabase() : Service.EmbeddedStore();
        var services = Enumerable.Range(0, replicas).Select(_ => Service.Start(settings)).ToList();
        var clients = services.ConvertAll(service => service.CreateClient());

        var history = (await Task.WhenAll(Enumerable.Range(0, Clients)
            .Select(i => CallAsync(clients[i % replicas], seed: i)))).SelectMany(calls => calls).ToList();
        services.ForEach(service => service.Dispose());

        var increments = history.Where(call => call.IsIncrement).ToList();
        Assert.That(increments.Select(call => call.Answer), Is.Unique);
        foreach (var call in history)
        {
            var acknowledgedBefore = increments.Count(other => other.Ended < call.Began);
            var attemptedBefore = increments.Count(other => other.Began < call.Ended);
            Assert.That(
                call.Answer,
                Is.InRange(acknowledgedBefore + (call.IsIncrement ? 1 : 0), attemptedBefore),
                $"{call} of {history.Count} calls");
        }
    }

    private static async Task<List<Call>> CallAsync(HttpClient client, int seed)
    {
        var random = new Random(seed);
        var calls = new List<Call>();
        for (var i = 0; i < CallsOfEach; i++)
        {
            var isIncrement = random.Next(2) == 0;
            var began = Stopwatch.GetTimestamp();
            var answer = isIncrement ? await client.PostActionAsync("inc") : await client.GetCountAsync();
            calls.Add(new(isIncrement, answer, began, Stopwatch.GetTimestamp()));
        }

        return calls;
    }

    private sealed record Call(bool IsIncrement, long Answer, long Began, long Ended);
}
