using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;

namespace SafeClockin.Tests.Servers;

/// <summary>
/// Clients that increment again and again while something breaks. What they saw is judged by the counter model: every
/// acknowledged increment is counted, and nothing is counted that was not attempted.
/// </summary>
internal sealed class Load
{
    private const int ClientsOfEachService = 12;

    private readonly ConcurrentBag<long> _acknowledged = [];
    private readonly ConcurrentDictionary<string, int> _otherAnswers = [];
    private readonly CancellationTokenSource _end = new();
    private readonly List<Task> _clients;
    private int _attempted;
    private long _slowest;

    private Load(IEnumerable<HttpClient> services)
        => _clients = [.. services.SelectMany(service =>
            Enumerable.Range(0, ClientsOfEachService).Select(_ => Task.Run(() => IncrementAsync(service))))];

    public int Acknowledged => _acknowledged.Count;

    /// <summary>Answers that were neither a count nor an envelope with HTTP status 503, by what they said.</summary>
    public IReadOnlyDictionary<string, int> OtherAnswers => _otherAnswers;

    public int Refused { get; private set; }

    public int Unreachable { get; private set; }

    public TimeSpan Slowest => TimeSpan.FromTicks(_slowest);

    public static Load On(params HttpClient[] services) => new(services);

    /// <summary>Returns when that many more increments have been acknowledged.</summary>
    public async Task AcknowledgesAsync(int more, TimeSpan? patience = null)
    {
        var goal = Acknowledged + more;
        using var limit = new CancellationTokenSource(patience ?? TimeSpan.FromSeconds(20));
        while (Acknowledged < goal)
            await Task.Delay(5, limit.Token);
    }

    /// <summary>Ends the load and holds what the clients saw against the count.</summary>
    /// <param name="drill">What the line of figures begins with.</param>
    /// <param name="countAsync">Reads the count when all clients have ended.</param>
    public async Task JudgeAsync(string drill, Func<Task<long>> countAsync)
    {
        await _end.CancelAsync();
        await Task.WhenAll(_clients);
        var counted = await countAsync();

        TestContext.Progress.WriteLine(
            $"{drill}: {Acknowledged} acknowledged <= {counted} counted <= {_attempted} attempted, {Refused} refused, "
            + $"{Unreachable} unreachable, slowest answer {Slowest.TotalSeconds:0.0} s");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(counted, Is.InRange(Acknowledged, _attempted));
            Assert.That(_acknowledged, Is.Unique);
            Assert.That(Slowest, Is.LessThan(TimeSpan.FromSeconds(10)));
            Assert.That(OtherAnswers, Is.Empty);
        }
    }

    private async Task IncrementAsync(HttpClient service)
    {
        while (!_end.IsCancellationRequested)
        {
            Interlocked.Increment(ref _attempted);
            var began = Stopwatch.GetTimestamp();
            try
            {
                using var response = await service.PostAsync("/api/count", Envelopes.Json("""{"action":"inc"}"""));
                var envelope = await response.Content.ReadFromJsonAsync<JsonElement>();
                if (envelope.GetProperty("code").GetInt32() == 0)
                {
                    _acknowledged.Add(envelope.GetProperty("data").GetInt64());
                }
                else if ((int)response.StatusCode == 503 && response.Headers.RetryAfter is not null)
                {
                    lock (_end)
                        Refused++;
                }
                else
                {
                    _otherAnswers.AddOrUpdate($"{(int)response.StatusCode} {envelope}", 1, (_, n) => n + 1);
                }
            }
            catch (HttpRequestException e)
            {
                if (e.HttpRequestError == HttpRequestError.ConnectionError)
                    Interlocked.Decrement(ref _attempted); // nothing was sent
                lock (_end)
                    Unreachable++;
            }

            var took = Stopwatch.GetElapsedTime(began).Ticks;
            lock (_end)
                _slowest = Math.Max(_slowest, took);
            await Task.Delay(20); // drills run side by side: what is tried is what breaks, and not how much is borne
        }
    }
}
