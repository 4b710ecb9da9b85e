using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using SafeClockin.Tests.Servers;
using Serilog.Events;

namespace SafeClockin.Tests.Api;

/// <summary>
/// Requests by the thousand that no client would send, over raw sockets. FUZZ_REQUESTS says how many, FUZZ_SEED
/// repeats a run that failed.
/// </summary>
public sealed class FuzzTests
{
    private const int RequestsOfEachSeed = 100;

    private static readonly int Requests = Number("FUZZ_REQUESTS", 20_000);

    private static readonly string[] Methods = ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE", "get", "BREW", "P\u00d6ST", ""];

    private static readonly string[] Paths =
    [
        "/api/count", "/api/count", "/api/count", "/api/login", "/api/login?code=", "/api/login?code=%00%ff&code=%", "/api/login?" + new string('[', 2000), "/api/user", "/health",
        "/health/ready", "/", "/site.js", "/api/count/", "/API/Count", "/api/count?action=inc", "/api//count", "/api/count%2f", "/api/%63ount",
        "/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/\\..\\appsettings.json", "/site.js?v=%ff", "*", "http://other.example/api/count",
        "/docs", "/docs/", "/docs/x", "/site.js?v=x", "/x%0d%0a[00:00:00%20INF]", "/%1b[31m%c2%9b", "/%e2%80%a8",
        "/api/login?code=" + new string('c', 5000), "/" + new string('a', 7000), "/\u4e2d\u6587", "/%", "/a b", "/api/guardians", "/api/wards", "/api/wards/%ff%00", "/api/guardians/" + new string('i', 5000),
    ];

    private static readonly string[] ContentTypes =
    [
        "application/json", "application/json", "application/json; charset=utf-8", "application/json;charset=gbk", "application/json; charset=\"",
        "application/json; charset=utf-16", "application/json; charset=\"utf-16be\"", "application/json; charset=iso-8859-1",
        "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/", "json", ";", "a/b+json",
    ];

    private static readonly string[] Headers =
    [
        "Authorization: Bearer", "Authorization: Bearer \"\"", "Authorization: Bearer a.b.c", "Authorization: bearer eyJhbGciOiJub25lIn0.e30.",
        "Authorization: Basic xxx", "Authorization: Bearer " + new string('x', 9000), "Accept: text/html", "Accept: q=;;;", "Accept-Encoding: br",
        "X-Forwarded-For: 9.9.9.9", "X-Forwarded-For: x, ,::, 1.2.3.4:99999", "Expect: 100-continue", "Expect: nothing", "Range: bytes=0-,5-2",
        "If-None-Match: *", "If-Modified-Since: never", "Connection: upgrade", "Upgrade: websocket", "Cookie: a=\"b", "Content-Encoding: gzip",
        "X-Http-Method-Override: DELETE", "X-Empty:", "X-Long: " + new string('y', 3000), "Bad Header: x", "No-Colon", "\u00fc: x",
    ];

    private static readonly string[] ChunkSizes =
        ["FFFFFFFFFFFFFFFFFF", "7FFFFFFF", "80000000", "-1", "+1", "0x1", "", " ", "1;x=y", "G", "00000000000000000001", "1\t", "\u0661"];

    private static readonly byte[][] Bodies =
    [
        .. new[]
        {
            "", "{}", "null", "[]", "1", "\"inc\"", "{\"action\":\"INC\"}", "{\"action\":null}", "{\"action\":[\"inc\"]}", "{\"action\":{\"a\":\"inc\"}}",
            "{\"action\":\"inc\"", "{\"action\":\"inc\"}x", "{\"action\":\"inc\",\"action\":\"clear\"}", "{'action':'inc'}", "action=inc",
            "{\"action\":\"in\\u0000c\"}", "{\"action\":\"\\ud800\"}", "{\"code\":1}", "{\"code\":\"\\u0000\"}", "{\"code\":\"" + new string('z', 300) + "\"}",
            "{\"action\":1e999}", "{\"x\":" + new string('[', 2000) + "}", new string('a', 20_000), "\ufeff{\"action\":\"clear \"}", "// {\"action\":\"inc\"}",
        }.Select(Encoding.UTF8.GetBytes),
        [0xff, 0xfe, 0x7b, 0x00],
        [.. "{\"action\":\""u8, 0xc3, 0x28, .. "\"}"u8],
        new byte[50],
    ];

    [Test]
    public async Task Whatever_is_sent_the_service_answers_by_an_envelope_never_with_500_and_counts_nothing()
    {
        using var service = Service.Start(
            new Dictionary<string, string>(Service.EmbeddedStore()) { ["LOGIN_RATE_LIMIT"] = "1000000" },
            logLevel: LogEventLevel.Error);
        using var client = service.CreateClient();
        var counted = 0;
        for (; counted < 3; counted++)
            await client.PostActionAsync("inc");

        var seed = Number("FUZZ_SEED", Environment.TickCount);
        var statuses = new Dictionary<int, int>();
        var address = client.BaseAddress!;
        await Parallel.ForAsync(0, Requests / RequestsOfEachSeed, new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (i, _) =>
        {
            var random = new Random(seed + i);
            for (var sent = 0; sent < RequestsOfEachSeed;)
            {
                var requests = Enumerable.Range(0, random.Next(3)).Select(_ => Compose(random)).ToList();
                requests.Add(Compose(random, "Connection: close\r\n"));
                sent += requests.Count;
                var answers = await SendAsync(address, requests, random);
                foreach (var answer in answers)
                {
                    Assert.That(answer.Status, Is.Not.EqualTo(500), $"seed {seed + i}: {answer} {string.Join('\n', Errors())}");
                    if (IsMvcs(answer))
                        ExpectEnvelope(answer, $"seed {seed + i}");
                    lock (statuses)
                        statuses[answer.Status] = statuses.GetValueOrDefault(answer.Status) + 1;
                }
            }
        });

        TestContext.Progress.WriteLine(
            $"Fuzz of {Requests} requests, seed {seed}: "
            + string.Join(", ", statuses.OrderBy(status => status.Key).Select(status => $"{status.Value} x {status.Key}")));
        Assert.That(Errors(), Is.Empty);
        Assert.That(await client.GetCountAsync(), Is.EqualTo(counted));
        Assert.That(await client.PostActionAsync("inc"), Is.EqualTo(counted + 1));

        IEnumerable<string> Errors()
            => service.Log.Where(line => line is { Level: >= LogEventLevel.Error, Exception: not null }).Select(line => line.RenderMessage() + line.Exception);
    }

    private static int Number(string variable, int otherwise)
        => int.TryParse(Environment.GetEnvironmentVariable(variable), out var number) ? number : otherwise;

    /// <summary>A request that is no valid increment or clear.</summary>
    private static byte[] Compose(Random random, string lastHeader = "")
    {
        var body = Pick(random, Bodies);
        if (random.Next(3) == 0)
            body = Mutate(random, body);
        // Mostly usual in each respect, so that what is unusual in one gets past those before it.
        bool Rarely(int oneIn) => random.Next(oneIn) == 0;
        var method = Rarely(6) ? Pick(random, Methods) : "POST";
        var path = Rarely(4) ? Pick(random, Paths) : Pick(random, Paths[..7]);
        var request = new StringBuilder($"{method} {path} {(Rarely(100) ? "HTTP/9.9" : "HTTP/1.1")}\r\n");
        if (!Rarely(100))
            request.Append("Host: localhost\r\n");
        if (!Rarely(20))
            request.Append($"Content-Type: {(Rarely(4) ? Pick(random, ContentTypes) : ContentTypes[0])}\r\n");
        if (Rarely(4))
            request.Append($"{Pick(random, Headers)}\r\n");

        request.Append(lastHeader);

        var isChunked = Rarely(4);
        if (isChunked)
            request.Append("Transfer-Encoding: chunked\r\n");
        var length = body.Length + (Rarely(20) ? random.Next(-2, 3) : 0);
        if (length < 0 || (length < body.Length && IsValidAction(body[..length])))
            length = body.Length;
        if (!isChunked || Rarely(20))
            request.Append($"Content-Length: {length}\r\n");
        // An odd size is never that of the body: what would be read by it must not count either.
        var size = Rarely(6) ? Pick(random, ChunkSizes) : $"{body.Length:x}";
        request.Append(isChunked ? $"\r\n{size}\r\n" : "\r\n");
        byte[] bytes = [.. Encoding.UTF8.GetBytes(request.ToString()), .. body, .. isChunked ? "\r\n0\r\n\r\n"u8 : ""u8];
        return Rarely(30) ? bytes[..random.Next(bytes.Length)] : bytes;
    }

    private static byte[] Mutate(Random random, byte[] body)
    {
        var mutant = (byte[])body.Clone();
        for (var i = random.Next(4); i > 0 && mutant.Length > 0; i--)
            mutant[random.Next(mutant.Length)] = (byte)random.Next(256);
        return IsValidAction(mutant) ? body : mutant;
    }

    private static bool IsValidAction(byte[] body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            return json.RootElement.TryGetProperty("action", out var action) && action.GetString() is "inc" or "clear";
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    private static T Pick<T>(Random random, T[] choices) => choices[random.Next(choices.Length)];

    /// <summary>Sends pipelined requests, now and then in pieces or without waiting, and reads what is answered.</summary>
    private static async Task<List<Answer>> SendAsync(Uri address, List<byte[]> requests, Random random)
    {
        using var tcp = new TcpClient { NoDelay = true };
        await tcp.ConnectAsync(address.Host, address.Port);
        var stream = tcp.GetStream();
        using var received = new MemoryStream();
        try
        {
            foreach (var request in requests)
            {
                var cut = random.Next(5) == 0 ? random.Next(request.Length) : 0;
                await stream.WriteAsync(request.AsMemory(0, cut));
                await stream.WriteAsync(request.AsMemory(cut));
            }

            if (random.Next(20) == 0)
            {
                // Gone without waiting for an answer, by an end or by a reset.
                if (random.Next(2) == 0)
                    tcp.Client.LingerState = new(true, 0);
                return [];
            }

            var answer = stream.CopyToAsync(received);
            if (await Task.WhenAny(answer, Task.Delay(TimeSpan.FromMilliseconds(300))) != answer)
                tcp.Client.Shutdown(SocketShutdown.Send); // what was cut short will not be continued
            await answer.WaitAsync(TimeSpan.FromSeconds(20));
        }
        catch (IOException)
        {
            // Refused before everything was sent; what was answered counts.
        }

        return Parse(received.ToArray());
    }

    private static List<Answer> Parse(byte[] received)
    {
        var answers = new List<Answer>();
        for (ReadOnlySpan<byte> rest = received; rest.StartsWith("HTTP/1.1 "u8);)
        {
            var headEnd = rest.IndexOf("\r\n\r\n"u8);
            if (headEnd < 0)
                break;
            var head = Encoding.Latin1.GetString(rest[..headEnd]);
            rest = rest[(headEnd + 4)..];
            var next = rest.IndexOf("HTTP/1.1 "u8);
            answers.Add(new(int.Parse(head.AsSpan(9, 3)), head, Encoding.UTF8.GetString(next < 0 ? rest : rest[..next])));
            rest = next < 0 ? [] : rest[next..];
        }

        return answers;
    }

    // The server itself answers what is no HTTP by an empty body and hangs up; pages and files are no envelopes.
    private static bool IsMvcs(Answer answer)
    {
        var isTheServers = answer.Status is 400 or 405 or 408 or 411 or 413 or 414 or 431 or 501 or 505
            && answer.Head.Contains("Content-Length: 0") && answer.Head.Contains("Connection: close");
        var isPage = answer.Head.Contains("text/html") || answer.Head.Contains("text/javascript");
        return !isTheServers && !isPage && answer.Status is not (100 or 302 or 304);
    }

    private static void ExpectEnvelope(Answer answer, string seed)
    {
        Assert.That(answer.Head, Does.Contain("application/json; charset=utf-8"), $"{seed}: {answer}");
        var start = answer.Body.IndexOf('{');
        if (start < 0)
            return; // the answer to a HEAD
        var end = answer.Body.LastIndexOf('}');
        Assert.That(end, Is.Positive, $"{seed}: {answer}");
        using var envelope = JsonDocument.Parse(answer.Body[start..(end + 1)]);
        var names = envelope.RootElement.EnumerateObject().Select(property => property.Name).ToArray();
        Assert.That(
            names,
            envelope.RootElement.GetProperty("code").GetInt32() == 0 ? Is.EqualTo(new[] { "code", "data" }) : Is.EqualTo(new[] { "code", "errorMsg" }),
            $"{seed}: {answer}");
    }

    private sealed record Answer(int Status, string Head, string Body);
}
