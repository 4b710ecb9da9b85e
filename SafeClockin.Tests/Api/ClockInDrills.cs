using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Dapper;
using SafeClockin.Tests.Servers;

namespace SafeClockin.Tests.Api;

/// <summary>
/// A crowd clocks in while the database or the service fails. What was acknowledged is kept as it was told, once; nothing
/// is kept that nobody asked for, and every answer comes within 10 s.
/// </summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase), Parallelizable(ParallelScope.Children)] // each has servers of its own
public sealed class ClockInDrills
{
    private const int Clients = 24;

    private readonly List<IDisposable> _started = [];
    private readonly ConcurrentDictionary<string, long> _acknowledged = [];
    private readonly ConcurrentQueue<string> _otherAnswers = [];
    private MariaDb _database;
    private int _attempted;
    private int _refused;
    private long _slowest;

    [SetUp]
    public void StartDatabase() => _database = MariaDb.Start();

    [TearDown]
    public void StopAll()
    {
        _started.Reverse();
        _started.ForEach(started => started.Dispose());
        _database?.Dispose();
    }

    [Test]
    public async Task The_database_is_killed_and_started_again()
        => await DrillAsync("database killed", async _ =>
        {
            _database.Kill();
            await Task.Delay(TimeSpan.FromSeconds(3)); // the outage itself
            _database.Launch();
        });

    [Test]
    public async Task The_database_freezes_and_thaws()
        => await DrillAsync("database frozen", async _ =>
        {
            _database.Freeze();
            await Task.Delay(TimeSpan.FromSeconds(9)); // longer than any deadline
            _database.Thaw();
        });

    [Test]
    public async Task A_replica_is_killed_and_the_others_answer_all_the_same()
        => await DrillAsync("one of two replicas killed", services =>
        {
            services[0].Process.Kill();
            return Task.CompletedTask;
        });

    private async Task DrillAsync(string name, Func<List<(ServiceProcess Process, HttpClient Client)>, Task> fail)
    {
        var services = new List<(ServiceProcess Process, HttpClient Client)> { await StartAsync(), await StartAsync() };
        using var end = new CancellationTokenSource();
        var crowd = Enumerable.Range(0, Clients).Select(i => Task.Run(() => TapAsync(services[i % 2].Client, end.Token))).ToList();
        await AcknowledgesAsync(300);
        await fail(services);
        await AcknowledgesAsync(300);
        await end.CancelAsync();
        await Task.WhenAll(crowd);

        using var administrator = _database.Connect();
        var kept = administrator
            .Query<(byte[] OpenId, long At, int Streak)>("SELECT openid, clockedInAt, streak FROM flask_demo.ClockIns")
            .ToDictionary(row => Encoding.UTF8.GetString(row.OpenId), row => row.At);
        TestContext.Progress.WriteLine(
            $"Clock-ins, {name}: {_acknowledged.Count} acknowledged <= {kept.Count} kept <= {_attempted} attempted, {_refused} refused, "
            + $"slowest answer {TimeSpan.FromTicks(_slowest).TotalSeconds:0.0} s");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(_acknowledged.Where(told => kept.GetValueOrDefault(told.Key) != told.Value), Is.Empty);
            Assert.That(kept, Has.Count.InRange(_acknowledged.Count, _attempted));
            Assert.That(TimeSpan.FromTicks(_slowest), Is.LessThan(TimeSpan.FromSeconds(10)));
            Assert.That(_otherAnswers, Is.Empty);
        }
    }

    private async Task<(ServiceProcess Process, HttpClient Client)> StartAsync()
    {
        var service = await ServiceProcess.StartAsync(new Dictionary<string, string>
        {
            ["MYSQL_ADDRESS"] = $"127.0.0.1:{_database.Port}",
            ["MYSQL_PASSWORD"] = "",
            ["TOKEN_SECRET"] = WeChatStub.TokenSecret,
        });
        _started.AddRange([service.Process, service.Client]);
        return service;
    }

    private Task AcknowledgesAsync(int more)
    {
        var goal = _acknowledged.Count + more;
        return Wait.UntilAsync(() => _acknowledged.Count >= goal);
    }

    /// <summary>Clocks in as one new user after the other.</summary>
    private async Task TapAsync(HttpClient service, CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            var user = $"user-{Interlocked.Increment(ref _attempted)}";
            using var tap = new HttpRequestMessage(HttpMethod.Post, "/api/clockin");
            tap.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Tokens.Of(user));
            var began = Stopwatch.GetTimestamp();
            try
            {
                using var response = await service.SendAsync(tap, CancellationToken.None);
                using var answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync(CancellationToken.None));
                if (answer.RootElement.TryGetProperty("data", out var data) && data.GetProperty("streak").GetInt32() == 1)
                {
                    _acknowledged[user] = data.GetProperty("clockedInAt").GetInt64();
                }
                else
                {
                    Interlocked.Increment(ref _refused);
                    if ((int)response.StatusCode != 503)
                        _otherAnswers.Enqueue($"{(int)response.StatusCode} {answer.RootElement}");
                }
            }
            catch (HttpRequestException)
            {
                // This replica is gone.
            }

            var took = Stopwatch.GetElapsedTime(began).Ticks;
            lock (_otherAnswers)
                _slowest = Math.Max(_slowest, took);
            await Task.Delay(20, CancellationToken.None); // as in Load
        }
    }
}
