using SafeClockin.Api.Hosting;
using SafeClockin.Tests.Servers;

namespace SafeClockin.Tests.Api;

/// <summary>
/// Starts with settings that nobody means. SETTINGS_FUZZ_STARTS says how many, FUZZ_SEED repeats a run that failed;
/// bench/settings-fuzz.sh makes 2,000.
/// </summary>
public sealed class SettingsFuzzTests
{
    private const string Canary = "PW-CANARY-3141";

    private static readonly string[] Values =
    [
        "", " ", "\t", "\"", "'", "\"\"", "'x'", "\u0001", "\u001b[31m", "a\nb", "\r\n", "0", "-1", "99999999999999999999", "1e9", ",", ";", ":", "=", "%", "{0}", "${HOME}",
        "数据库", "база", "İı", "\u202e", "😀", "\u2028", "/", "//", "/dev/null", "/dev/null/x", "..", "http://", "https://127.0.0.1:0", "[::1]", "*",
        new('x', 300), new('9', 5_000), new('密', 2_000), string.Join(',', Enumerable.Repeat("10.0.0.0/8", 2_000)),
        $"mysql://root:{Canary}@db:3306/x", $"https://user:{Canary}@127.0.0.1/?key={Canary}", $"http://127.0.0.1:1?token={Canary}",
        $"root:{Canary}@127.0.0.1", $"Server=db;Password={Canary}", $"root:\"{Canary}\"@x",
    ];

    [Test]
    public async Task The_service_serves_or_ends_with_one_line_that_names_the_variable_and_holds_no_secret()
    {
        var seed = Number("FUZZ_SEED", Environment.TickCount);
        var variables = AllSettings.List.Select(setting => setting.Name).ToArray();
        var starts = Number("SETTINGS_FUZZ_STARTS", variables.Length);
        var (served, refused) = (0, 0);
        await Parallel.ForAsync(0, starts, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (i, _) =>
        {
            var random = new Random(unchecked(seed + i));
            // Each variable in turn, so that few starts meet them all; now and then a second one.
            var settings = Service.EmbeddedStore();
            settings["OTEL_EXPORTER_OTLP_ENDPOINT"] = random.Next(3) == 0 ? "http://127.0.0.1:9" : "";
            var set = new List<string> { variables[i % variables.Length] };
            if (random.Next(4) == 0)
                set.Add(variables[random.Next(variables.Length)]);
            foreach (var variable in set)
                settings[variable] = Values[random.Next(Values.Length)];
            if (set.Any(variable => variable.StartsWith("MYSQL_", StringComparison.Ordinal)))
                settings["STORE"] = "mysql";

            var about = $"seed {seed + i}, {string.Join(", ", set.Select(variable => $"{variable}={settings[variable]}"))}";
            var (exitCode, errors, log) = await ServiceProcess.TryStartAsync(settings);
            Assert.That(errors + log, Does.Not.Contain(Canary), about);
            if (exitCode is null)
            {
                Interlocked.Increment(ref served);
                Assert.That(errors, Is.Empty, about);
                return;
            }

            Interlocked.Increment(ref refused);
            Assert.That(exitCode, Is.EqualTo(1), $"{about}: {errors}{log}");
            Assert.That(errors.TrimEnd().Where(char.IsControl), Is.Empty, $"{about}: {errors}");
            Assert.That(set.Any(errors.Contains), Is.True, $"{about}: {errors}");
        });

        TestContext.Progress.WriteLine($"Fuzz of {starts} starts, seed {seed}: {served} served, {refused} refused");
        Assert.That((served, refused), Is.Not.EqualTo((0, starts)).And.Not.EqualTo((starts, 0)));
    }

    private static int Number(string variable, int otherwise)
        => int.TryParse(Environment.GetEnvironmentVariable(variable), out var number) ? number : otherwise;
}
