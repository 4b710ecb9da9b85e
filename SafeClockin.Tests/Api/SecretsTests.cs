using System.Collections.Concurrent;
using System.Text.Json;
using SafeClockin.Tests.Servers;
using Serilog.Formatting.Compact;

namespace SafeClockin.Tests.Api;

/// <summary>
/// Secrets stay where they belong: every endpoint is asked in every way that fails, by requests and settings full of
/// canaries, and then nothing that was logged or answered may hold one.
/// </summary>
public sealed class SecretsTests
{
    private const string Password = "password-canary-77c0";

    private WeChatStub _weChat;
    private List<string> _canaries;
    private ConcurrentBag<string> _answers;

    [SetUp]
    public void Start()
    {
        _weChat = new();
        _canaries = [Password, WeChatStub.Secret, WeChatStub.TokenSecret, WeChatStub.SessionKey, "code-canary"];
        _answers = [];
    }

    [TearDown]
    public void Stop() => _weChat.Dispose();

    [Test]
    public async Task No_secret_is_logged_at_any_level_or_answered()
    {
        using var service = Service.Start(Settings());
        using var client = service.CreateClient();

        await AskEverythingAsync(client);
        await service.DisposeAsync();

        var formatter = new CompactJsonFormatter();
        using var log = new StringWriter();
        foreach (var line in service.Log)
            formatter.Format(line, log);
        Assert.That(log.ToString(), Does.Contain("WX_SECRET is wrong").And.Contain("\"@l\":\"Verbose\""), "the log is there");
        ExpectNoCanary(log.ToString());
    }

    [TestCase("Production")]
    [TestCase("Development")]
    public async Task No_secret_is_written_by_the_service_as_it_is_run(string environment)
    {
        var settings = Settings();
        settings["ASPNETCORE_ENVIRONMENT"] = environment;
        settings["DOTNET_SYSTEM_NET_HTTP_DISABLEURIREDACTION"] = "1";
        var (service, client) = await ServiceProcess.StartAsync(settings);
        using var _ = service;
        using var __ = client;

        await AskEverythingAsync(client);
        await service.StopAsync();

        Assert.That(service.Output, Does.Contain("WX_SECRET is wrong"), "the log is there");
        ExpectNoCanary(service.Output);
    }

    // With a database that cannot be reached, so that the counter fails, too.
    private Dictionary<string, string> Settings()
        => new(_weChat.Settings())
        {
            ["STORE"] = "mysql",
            ["MYSQL_ADDRESS"] = $"127.0.0.1:{MariaDb.FreePort()}",
            ["MYSQL_PASSWORD"] = Password,
        };

    private void ExpectNoCanary(string log)
    {
        var leaks = from text in log.Split('\n').Concat(_answers)
                    from canary in _canaries
                    where text.Contains(canary)
                    select $"{canary} in {text}";
        Assert.That(leaks, Is.Empty);
    }

    private async Task AskEverythingAsync(HttpClient client)
    {
        var token = await LogInAsync(client);
        string[] tokens = [token, token[..^5] + "AAAAA", token[..token.LastIndexOf('.')] + ".", "ey.token-canary.x", "token-canary"];
        _canaries.AddRange(token.Split('.')[1..]);
        _canaries.Add("token-canary");

        foreach (var code in Codes())
        {
            await AskAsync(client, HttpMethod.Get, $"/api/login?code={code}");
            await AskAsync(client, HttpMethod.Post, "/api/login", $$"""{"code":"{{code}}"}""");
        }

        var asked = new List<Task>(); // at once, because the counter takes seconds to give its database up
        foreach (var path in new[] { "/", "/site.js", "/api/count", "/api/login", "/api/user", "/api/guardians", "/api/wards", "/health", "/health/ready", "/nothing" })
        {
            foreach (var method in new[] { HttpMethod.Get, HttpMethod.Post, HttpMethod.Put })
            {
                foreach (var body in new[] { null, """{"action":"code-canary","name":"code-canary","invitation":"code-canary"}""", """{"code":"code-canary" """, """["code-canary"]""" })
                    asked.Add(AskAsync(client, method, $"{path}?code=&token={token}&secret={WeChatStub.Secret}", body, tokens[0]));
            }

            asked.AddRange(tokens.Select(sent => AskAsync(client, HttpMethod.Get, $"{path}?access_token={sent}", null, sent)));
        }

        await Task.WhenAll(asked);
    }

    private IEnumerable<string> Codes()
        => from answer in new[]
           {
               WeChatStub.Text($$"""{"errcode":40029,"errmsg":"invalid code code-canary, {{WeChatStub.Secret}}, rid: 1"}"""),
               WeChatStub.Text($$"""{"errcode":40125,"errmsg":"invalid appsecret {{WeChatStub.Secret}}, rid: 2"}"""),
               WeChatStub.Text($$"""{"errcode":12345,"errmsg":"{{WeChatStub.Secret}}"}"""),
               WeChatStub.Text($$"""{"openid":1,"session_key":"{{WeChatStub.SessionKey}}"}"""),
               WeChatStub.Text($$"""{"openid":"","session_key":"{{WeChatStub.SessionKey}}"}"""),
               WeChatStub.Text($$"""{"{{WeChatStub.SessionKey}}":{{WeChatStub.SessionKey}}"""),
               WeChatStub.Text($$"""{"openid":"o","session_key":"{{WeChatStub.SessionKey}}" """),
               WeChatStub.Text(WeChatStub.Secret),
               WeChatStub.Raw($"HTTP/1.1 500 {WeChatStub.Secret}\r\nX-Secret: {WeChatStub.Secret}\r\nConnection: close\r\n\r\n{WeChatStub.Secret}"),
               WeChatStub.Raw($"HTTP/1.1 302 Found\r\nLocation: /?secret={WeChatStub.Secret}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"),
               WeChatStub.Raw($"{WeChatStub.Secret}\r\n\r\n"),
               WeChatStub.Raw(""),
           }
           select _weChat.CodeAnswered(answer);

    private async Task<string> LogInAsync(HttpClient client)
    {
        var answer = await client.GetStringAsync($"/api/login?code={_weChat.CodeOf("an-openid")}");
        return JsonDocument.Parse(answer).RootElement.GetProperty("data").GetProperty("token").GetString()!;
    }

    private async Task AskAsync(HttpClient client, HttpMethod method, string path, string? body = null, string? token = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
            request.Content = Envelopes.Json(body);
        if (token is not null)
            request.Headers.Authorization = new("Bearer", token);
        using var response = await client.SendAsync(request);
        _answers.Add($"{response} {await response.Content.ReadAsStringAsync()}");
    }
}
