using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using SafeClockin.Tests.Servers;
using Serilog.Events;

namespace SafeClockin.Tests.Api;

/// <summary>Logging in over real HTTP, against a WeChat that misbehaves in every way it can.</summary>
[Parallelizable(ParallelScope.Children)]
public sealed class LoginTests
{
    private const string Head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n";
    private const string MissingCode = """{"code":-1,"errorMsg":"缺少code参数"}""";
    private const string WrongCode = """{"code":-1,"errorMsg":"code参数错误"}""";
    private const string NotConfigured = """{"code":-1,"errorMsg":"登录未配置"}""";
    private const string Unavailable = """{"code":-1,"errorMsg":"微信服务暂时不可用，请稍后重试"}""";
    private const string Misconfigured = """{"code":-1,"errorMsg":"服务配置错误"}""";
    private const string Unreadable = """{"code":-1,"errorMsg":"请求格式错误，请求体须为JSON对象"}""";

    private WeChatStub _weChat;
    private Service _service;
    private HttpClient _client;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _weChat = new();
        _service = Service.Start(_weChat.Settings());
        _client = _service.CreateClient();
        // The first one loads the libraries, for which a busy machine may take longer than WeChat is waited for.
        using var first = await LogInAsync(_client, _weChat.CodeOf("the-first"));
    }

    [OneTimeTearDown]
    public void Stop()
    {
        _client?.Dispose();
        _service?.Dispose();
        _weChat?.Dispose();
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task A_code_is_answered_with_a_token_that_is_recognised_later(bool isPost)
    {
        var code = _weChat.CodeOf("openid-of-a-user");

        using var response = await LogInAsync(_client, code, isPost);
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>();
        var token = answer.GetProperty("data").GetProperty("token").GetString();

        using (Assert.EnterMultipleScope())
        {
            Assert.That((int)response.StatusCode, Is.EqualTo(200));
            Assert.That(answer.ToString(), Is.EqualTo($$$"""{"code":0,"data":{"token":"{{{token}}}"}}"""));
            Assert.That(response.Headers.CacheControl?.NoStore, Is.True);
            Assert.That(_weChat.Hits(code), Is.EqualTo(1));
        }

        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/user");
        request.Headers.Authorization = new("Bearer", token);
        using var user = await _client.SendAsync(request);
        Assert.That(
            (await user.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("data").GetProperty("openid").GetString(),
            Is.EqualTo("openid-of-a-user"));
    }

    [TestCase("""{"errcode":0,"errmsg":"ok","session_key":"k","openid":"o","unionid":"u"}""")]
    [TestCase("""{"errcode":"0","session_key":"k","openid":"o"}""")]
    [TestCase("""{"errcode":null,"session_key":"k","openid":"o"}""")]
    public async Task A_success_may_say_so(string answer)
    {
        using var response = await LogInAsync(_client, _weChat.CodeAnswered(WeChatStub.Text(answer)));

        Assert.That(await response.Content.ReadAsStringAsync(), Does.StartWith("""{"code":0,"data":{"token":"""));
    }

    [TestCase(40029, 200, "微信API调用失败: 登录凭证无效，请重新登录")]
    [TestCase(40163, 200, "微信API调用失败: 登录凭证已使用，请重新登录")]
    [TestCase(40226, 200, "微信API调用失败: 该账号存在风险，登录被微信拦截")]
    [TestCase(45011, 200, "微信API调用失败: 操作太频繁，请稍后再试")]
    [TestCase(45009, 200, "微信API调用失败: 操作太频繁，请稍后再试")]
    [TestCase(-1, 200, "微信API调用失败: 微信系统繁忙，请稍后重试")]
    [TestCase(40013, 500, "服务配置错误")]
    [TestCase(40125, 500, "服务配置错误")]
    [TestCase(40164, 500, "服务配置错误")]
    [TestCase(41002, 500, "服务配置错误")]
    [TestCase(41004, 500, "服务配置错误")]
    [TestCase(41008, 500, "服务配置错误")]
    [TestCase(48001, 200, "微信API调用失败: errcode 48001")]
    [TestCase(99999999999, 200, "微信API调用失败: errcode 99999999999")]
    public async Task Each_errcode_has_its_words_be_it_a_number_or_a_string(long errorCode, int status, string message)
    {
        foreach (var written in new[] { $"{errorCode}", $"\"{errorCode}\"" })
        {
            var code = _weChat.CodeAnswered(WeChatStub.Text(
                $$"""{"errcode":{{written}},"errmsg":"something, rid: 65b2-a0f1"}"""));

            using var response = await LogInAsync(_client, code);

            using (Assert.EnterMultipleScope())
            {
                Assert.That(
                    await response.Content.ReadAsStringAsync(),
                    Is.EqualTo($$"""{"code":-1,"errorMsg":"{{message}}"}"""));
                Assert.That((int)response.StatusCode, Is.EqualTo(status));
                Assert.That(_weChat.Hits(code), Is.EqualTo(1));
            }
        }
    }

    private static IEnumerable<TestCaseData> BrokenAnswers()
    {
        const string Openid = """{"openid":"o",""";
        var cases = new (string Name, Func<Stream, CancellationToken, Task> Answer, int Status)[]
        {
            ("an empty object", WeChatStub.Text("{}"), 502),
            ("no session_key", WeChatStub.Text("""{"openid":"o"}"""), 502),
            ("an empty session_key", WeChatStub.Text("""{"openid":"o","session_key":""}"""), 502),
            ("no openid", WeChatStub.Text("""{"session_key":"k"}"""), 502),
            ("a null openid", WeChatStub.Text("""{"openid":null,"session_key":"k"}"""), 502),
            ("a number as openid", WeChatStub.Text("""{"openid":1,"session_key":"k"}"""), 502),
            ("an errcode in words", WeChatStub.Text("""{"errcode":"invalid","openid":"o","session_key":"k"}"""), 502),
            ("null", WeChatStub.Text("null"), 502),
            ("an array", WeChatStub.Text("[]"), 502),
            ("an empty body", WeChatStub.Text(""), 502),
            ("HTML", WeChatStub.Text("<html><body>502 Bad Gateway</body></html>"), 502),
            ("status 500", WeChatStub.Raw("HTTP/1.1 500 Oops\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}"), 502),
            ("status 500 with a good body", WeChatStub.Raw("HTTP/1.1 500 Oops\r\nConnection: close\r\nContent-Length: 34\r\n\r\n" + """{"openid":"o","session_key":"key"}"""), 502),
            ("a redirect", WeChatStub.Raw("HTTP/1.1 302 Found\r\nLocation: /sns/elsewhere\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"), 502),
            ("an early close", WeChatStub.Raw(""), 502),
            ("no HTTP", WeChatStub.Raw("SSH-2.0-OpenSSH_9.9\r\n"), 502),
            ("half a head", WeChatStub.Raw("HTTP/1.1 200 OK\r\nContent-Ty"), 502),
            ("half a body", WeChatStub.Raw($"{Head}Content-Length: 1000\r\n\r\n{Openid}"), 502),
            ("half a chunked body", WeChatStub.Raw($"{Head}Transfer-Encoding: chunked\r\n\r\n3e8\r\n{Openid}"), 502),
            ("a session_key of 60 KB", WeChatStub.Text($$"""{"openid":"o","session_key":"{{new string('k', 60 * 1024)}}"}"""), 502),
            ("a session_key that is no base64", WeChatStub.Text("""{"openid":"o","session_key":"a b"}"""), 502),
            ("a session_key with a line end", WeChatStub.Text("""{"openid":"o","session_key":"key\n"}"""), 502),
            ("an openid of 200 characters", WeChatStub.Text($$"""{"openid":"{{new string('o', 200)}}","session_key":"k"}"""), 502),
            ("an openid with control characters", WeChatStub.Text("""{"openid":"o\u001b[31m","session_key":"k"}"""), 502),
            ("an openid with a line end", WeChatStub.Text("""{"openid":"o\n","session_key":"k"}"""), 502),
            ("an openid of another alphabet", WeChatStub.Text("""{"openid":"用户","session_key":"k"}"""), 502),
            ("65 KB", WeChatStub.Text($$"""{"openid":"o","session_key":"k","x":"{{new string('x', 65 * 1024)}}"}"""), 502),
            ("an endless body", WeChatStub.Endless($"{Head}\r\n", new string(' ', 8192), TimeSpan.Zero), 502),
            ("an endless head", WeChatStub.Endless(Head, $"X: {new string('x', 8192)}\r\n", TimeSpan.Zero), 502),
            ("a hang", WeChatStub.Stalled(""), 504),
            ("a hang within the head", WeChatStub.Stalled(Head), 504),
            ("a hang within the body", WeChatStub.Stalled($"{Head}Content-Length: 1000\r\n\r\n{Openid}"), 504),
            ("a dripping body", WeChatStub.Endless($"{Head}\r\n", " ", TimeSpan.FromMilliseconds(100)), 504),
        };
        return cases.Select(c => new TestCaseData(c.Answer, c.Status).SetArgDisplayNames(c.Name));
    }

    [TestCaseSource(nameof(BrokenAnswers))]
    public async Task A_broken_answer_is_told_in_time_and_the_code_is_sent_once(
        Func<Stream, CancellationToken, Task> answer, int status)
    {
        var code = _weChat.CodeAnswered(answer);

        var asked = Stopwatch.StartNew();
        using var response = await LogInAsync(_client, code);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo(Unavailable));
            Assert.That((int)response.StatusCode, Is.EqualTo(status));
            Assert.That(
                asked.Elapsed,
                Is.InRange(TimeSpan.FromSeconds(status == 504 ? 4.9 : 0), TimeSpan.FromSeconds(6.8)), "five, and what a busy machine needs");
            Assert.That(_weChat.Hits(code), Is.EqualTo(1));
        }

        Assert.That(_weChat.Targets, Has.None.Contain("elsewhere"));
    }

    [Test]
    public async Task WeChat_is_not_waited_for_once_the_client_has_gone([Values] bool isPost)
    {
        var (asked, hungUp) = (new TaskCompletionSource(), new TaskCompletionSource());
        var code = _weChat.CodeAnswered(async (stream, stop) =>
        {
            asked.SetResult();
            await stream.CopyToAsync(Stream.Null, stop);
            hungUp.SetResult();
        });
        using var away = new CancellationTokenSource();
        using var request = isPost ? Post($$"""{"code":"{{code}}"}""") : new(HttpMethod.Get, "/api/login?code=" + code);
        var login = _client.SendAsync(request, away.Token);
        await asked.Task;

        await away.CancelAsync();

        await Assert.CatchAsync<OperationCanceledException>(() => login);
        await hungUp.Task.WaitAsync(TimeSpan.FromSeconds(4)); // sooner than the five that it would wait
    }

    // py-safeClockin's fault: it showed the user the URL that it could not reach, with WX_SECRET in it.
    [TestCase("127.0.0.1", "Connection refused")]
    [TestCase("no-such-host.invalid", "WeChat is unavailable")]
    public async Task An_unreachable_WeChat_tells_the_user_nothing_of_how_it_is_asked(string host, string reason)
    {
        using var service = Service.Start(new Dictionary<string, string>(_weChat.Settings())
        {
            ["WX_API_BASE_URL"] = $"http://{host}:{MariaDb.FreePort()}",
        });
        using var client = service.CreateClient();

        using var response = await LogInAsync(client, "a-code");

        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo(Unavailable));
        Assert.That((int)response.StatusCode, Is.EqualTo(502));
        Assert.That(service.Log.Select(line => line.RenderMessage()), Has.Some.Contains(reason).And.None.Contains("its answer"), "the log says why");
    }

    [Test]
    public async Task A_WeChat_with_a_certificate_of_its_own_making_is_told_nothing()
    {
        using var certificate = WeChatStub.NewCertificate();
        using var impostor = new WeChatStub(certificate);
        using var service = Service.Start(impostor.Settings());
        using var client = service.CreateClient();

        using var response = await LogInAsync(client, impostor.CodeOf("nobody"));

        Assert.That((int)response.StatusCode, Is.EqualTo(502));
        Assert.That(impostor.Targets, Is.Empty);
        Assert.That(
            service.Log.Select(line => line.RenderMessage()), Has.Some.Contains("certificate"), "the log says why");
    }

    [Test]
    public async Task A_code_that_cannot_be_one_is_refused_without_asking_WeChat()
    {
        var tooLong = new string('a', 129);
        foreach (var (request, status, answer) in new (HttpRequestMessage, int, string)[]
        {
            (new(HttpMethod.Get, "/api/login"), 200, MissingCode),
            (new(HttpMethod.Get, "/api/login?code="), 200, MissingCode),
            (new(HttpMethod.Get, "/api/login?code=%20"), 200, MissingCode),
            (new(HttpMethod.Get, $"/api/login?code={tooLong}"), 200, WrongCode),
            (new(HttpMethod.Post, "/api/login"), 200, MissingCode),
            (Post("{}"), 200, MissingCode),
            (Post("""{"code":""}"""), 200, MissingCode),
            (Post("""{"code":null}"""), 200, MissingCode),
            (Post("""{"code":1}"""), 200, WrongCode),
            (Post($$"""{"code":"{{tooLong}}"}"""), 200, WrongCode),
            (Post("""["code"]"""), 400, Unreadable),
            (Post("""{"code":"""), 400, Unreadable),
        })
        {
            using (request)
            using (var response = await _client.SendAsync(request))
            using (Assert.EnterMultipleScope())
            {
                Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo(answer), $"{request}");
                Assert.That((int)response.StatusCode, Is.EqualTo(status), $"{request}");
            }
        }

        Assert.That(_weChat.Hits("") + _weChat.Hits(tooLong), Is.Zero);
    }

    [TestCase("WX_APPID", "your-appid")]
    [TestCase("WX_SECRET", "")]
    [TestCase("TOKEN_SECRET", "your-token-secret")]
    [TestCase("TOKEN_SECRET", "31-bytes-are-too-short-a-secret")]
    public async Task Without_a_usable_setting_login_is_unset_and_WeChat_is_not_asked(string name, string value)
    {
        using var service = Service.Start(new Dictionary<string, string>(_weChat.Settings()) { [name] = value });
        using var client = service.CreateClient();
        var code = _weChat.CodeOf("nobody");
        var startUpLog = service.Log.Select(line => line.RenderMessage()).ToList();

        using var response = await LogInAsync(client, code);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo(NotConfigured));
            Assert.That((int)response.StatusCode, Is.EqualTo(503));
            Assert.That(_weChat.Hits(code), Is.Zero);
            Assert.That(await client.GetStringAsync("/health"), Does.Contain("\"login\":\"unset\""));
            Assert.That(await client.PostActionAsync("inc"), Is.EqualTo(1), "the counter serves");
            Assert.That(startUpLog, Has.Some.StartsWith($"Login is not configured: \"{name} is "));
        }
    }

    [TestCase("a-secret-of-32-bytes-and-no-more")]
    [TestCase("十一个汉字有三十三字节")]
    public async Task With_every_setting_and_a_secret_of_32_bytes_login_is_set_and_nothing_warned_of(string secret)
    {
        using var service = Service.Start(new Dictionary<string, string>(_weChat.Settings()) { ["TOKEN_SECRET"] = secret });
        using var client = service.CreateClient();

        Assert.That(await client.GetStringAsync("/health"), Does.EndWith(""","database":"up","login":"set"}}"""));
        Assert.That(service.Log.Where(line => line.Level >= LogEventLevel.Warning).Select(line => line.RenderMessage()), Is.Empty);
    }

    [Test]
    public async Task A_refusal_is_no_error_in_the_log_and_a_wrong_setting_is_one_that_names_it()
    {
        using var service = Service.Start(_weChat.Settings());
        using var client = service.CreateClient();

        using (await LogInAsync(client, _weChat.CodeAnswered(WeChatStub.Text("""{"errcode":40029,"errmsg":"rid: r-1"}"""))))
        {
            Assert.That(Errors(), Is.Empty);
            Assert.That(service.Log.Select(line => line.RenderMessage()), Has.Some.Contains("errcode 40029, rid r-1"), "for WeChat's support");
        }

        using (await LogInAsync(client, _weChat.CodeAnswered(WeChatStub.Text("""{"errcode":40125,"errmsg":"rid: r-2"}"""))))
            Assert.That(Errors(), Has.Exactly(1).Contains("WX_SECRET").And.Some.Contains("r-2"));

        IEnumerable<string> Errors()
            => from line in service.Log
               where line.Level >= LogEventLevel.Error && !line.MessageTemplate.Text.StartsWith("HTTP ")
               select line.RenderMessage();
    }

    [TestCase("HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\nContent-Length: 6\r\n\r\n<html>", "HTTP status 502")]
    [TestCase("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 6\r\n\r\n<html>", "not the JSON expected")]
    [TestCase("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 60\r\n\r\n<html>", "broke off")]
    public async Task What_was_wrong_with_WeChat_s_answer_is_in_the_log_and_nothing_that_it_said(string answer, string reason)
    {
        using var service = Service.Start(_weChat.Settings());
        using var client = service.CreateClient();

        using var response = await LogInAsync(client, _weChat.CodeAnswered(WeChatStub.Raw(answer)));

        var log = service.Log.Select(line => line.RenderMessage() + line.Exception).ToList();
        Assert.That(log, Has.Some.Contains(reason).And.None.Contains("<html>"));
    }

    private static HttpRequestMessage Post(string body)
        => new(HttpMethod.Post, "/api/login") { Content = Envelopes.Json(body) };

    private static Task<HttpResponseMessage> LogInAsync(HttpClient client, string code, bool isPost = false)
        => isPost
            ? client.SendAsync(Post($$"""{"code":"{{code}}"}"""))
            : client.GetAsync($"/api/login?code={Uri.EscapeDataString(code)}");
}
