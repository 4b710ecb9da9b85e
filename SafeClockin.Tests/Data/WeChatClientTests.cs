using System.Diagnostics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Options;
using SafeClockin.Data;
using SafeClockin.Data.WeChat;
using SafeClockin.Domain;
using SafeClockin.Domain.Alerts;
using SafeClockin.Domain.Login;
using SafeClockin.Tests.Servers;

namespace SafeClockin.Tests.Data;

/// <summary>The client of WeChat as the service registers it, against a stub on loopback.</summary>
public sealed class WeChatClientTests
{
    private WeChatStub _stub;

    private const string OpenId = "oGZUI0egBJY1zhBYw2KhdUfw_-Jk"; // of all the signs that they are made of

    [SetUp]
    public void Start() => _stub = new();

    [TearDown]
    public void Stop() => _stub.Dispose();

    [Test]
    public async Task A_code_is_exchanged_for_a_session_by_one_request_as_WeChat_documents_it()
    {
        var code = _stub.CodeOf(OpenId);

        var session = await ExchangeAsync(code);

        Assert.That(session, Is.EqualTo(new WeChatSession(OpenId, WeChatStub.SessionKey)));
        Assert.That(_stub.Targets, Has.Count.EqualTo(1));
        Assert.That(_stub.Targets.First(), Does.StartWith("/sns/jscode2session?"));
        Assert.That(
            WeChatStub.Query(_stub.Targets.First()).Select(pair => $"{pair.Key}={pair.Value}"),
            Is.EquivalentTo(new[]
            {
                "grant_type=authorization_code", $"appid={WeChatStub.AppId}", $"secret={WeChatStub.Secret}", $"js_code={code}",
            }));
    }

    // py-safeClockin's fault: what followed an ampersand in the code became parameters of their own.
    [TestCase("abc&secret=evil")]
    [TestCase("abc#&appid=evil")]
    [TestCase("%26secret%3Devil")]
    [TestCase("a+b c/?=中文\0")]
    public async Task A_code_stays_one_parameter_whatever_is_in_it(string code)
    {
        await Assert.ThrowsAsync<FailureException>(() => ExchangeAsync(code));

        var query = WeChatStub.Query(_stub.Targets.Single());
        using (Assert.EnterMultipleScope())
        {
            Assert.That(query["js_code"].ToArray(), Is.EqualTo(new[] { code }));
            Assert.That(query["secret"].ToArray(), Is.EqualTo(new[] { WeChatStub.Secret }));
            Assert.That(query["appid"].ToArray(), Is.EqualTo(new[] { WeChatStub.AppId }));
            Assert.That(query, Has.Count.EqualTo(4));
        }
    }

    [TestCase("c2Vz+/+/a2V5LWNhbmFyeQ==", Description = "every sign of base64")]
    [TestCase("c2Vz-_-_a2V5LWNhbmFyeQ", Description = "those of base64url")]
    public async Task A_session_key_is_taken_as_it_is(string sessionKey)
    {
        var answer = WeChatStub.Text($$"""{"session_key":"{{sessionKey}}","openid":"an-openid"}""");

        Assert.That(await ExchangeAsync(_stub.CodeAnswered(answer)), Is.EqualTo(new WeChatSession("an-openid", sessionKey)));
    }

    [Test]
    public async Task What_an_answer_sets_is_not_sent_back()
    {
        const string Session = $$"""{"session_key":"{{WeChatStub.SessionKey}}","openid":"an-openid"}""";
        var withCookie = WeChatStub.Raw(
            $"HTTP/1.1 200 OK\r\nSet-Cookie: canary=1; Path=/\r\nContent-Length: {Session.Length}\r\nConnection: close\r\n\r\n{Session}");
        using var host = BuildHost();
        var client = host.Services.GetRequiredService<IWeChatClient>();

        await client.ExchangeAsync(_stub.CodeAnswered(withCookie), CancellationToken.None);
        await client.ExchangeAsync(_stub.CodeAnswered(withCookie), CancellationToken.None);

        Assert.That(_stub.Targets, Has.Count.EqualTo(2));
        Assert.That(_stub.Headers, Has.None.Contains("canary"));
    }

    [TestCase("", "/sns/jscode2session?")]
    [TestCase("/", "/sns/jscode2session?")]
    [TestCase("/wechat", "/wechat/sns/jscode2session?")]
    [TestCase("/wechat/", "/wechat/sns/jscode2session?")]
    public async Task A_base_URL_may_have_a_path(string path, string target)
    {
        await ExchangeAsync(_stub.CodeOf("an-openid"), ("WX_API_BASE_URL", _stub.Url + path));

        Assert.That(_stub.Targets.Single(), Does.StartWith(target));
    }

    [TestCase(40013, "WX_APPID")]
    [TestCase(41002, "WX_APPID")]
    [TestCase(40125, "WX_SECRET")]
    [TestCase(41004, "WX_SECRET")]
    [TestCase(40164, "whitelist")]
    [TestCase(41008, "WX_API_BASE_URL")]
    public async Task A_setting_that_WeChat_refuses_is_named_for_the_log_with_the_request_s_id(int errorCode, string named)
    {
        var code = _stub.CodeAnswered(WeChatStub.Text(
            $$"""{"errcode":{{errorCode}},"errmsg":"invalid {{WeChatStub.Secret}}, rid: 65b2a0f1-0a1b2c3d-4e5f6a7b"}"""));

        var failure = await Assert.ThrowsAsync<FailureException>(() => ExchangeAsync(code));

        Assert.That(failure.Kind, Is.EqualTo(FailureKind.Misconfigured));
        Assert.That(failure.Message, Does.Contain(named).And.Contain($"errcode {errorCode}, rid 65b2a0f1-0a1b2c3d-4e5f6a7b"));
        Assert.That(failure.ToString(), Does.Not.Contain(WeChatStub.Secret));
    }

    [Test, NonParallelizable]
    public async Task How_long_WeChat_took_is_measured_in_seconds()
    {
        var code = _stub.CodeAnswered(async (stream, stop) =>
        {
            await Task.Delay(50, stop);
            await WeChatStub.Text("""{"openid":"an-openid","session_key":"k"}""")(stream, stop);
        });
        using var measured = new Measurements("SafeClockin.WeChat");

        await ExchangeAsync(code);

        using var away = new CancellationTokenSource();
        var unanswered = _stub.CodeAnswered((_, _) => away.CancelAsync());
        await Assert.CatchAsync<OperationCanceledException>(() => ExchangeAsync(unanswered, away.Token));
        Assert.That(measured.Lines, Has.Count.EqualTo(2), "whatever became of it");

        var parts = measured.Lines.First().Split(' ');
        Assert.That((parts[0], parts[2]), Is.EqualTo(("safeclockin.wechat.duration", "s")));
        Assert.That(double.Parse(parts[1]), Is.InRange(0.04, 10));
        Assert.That(measured.LargestBucket<double>(), Is.EqualTo(5), "as long as a login waits");
    }

    [TestCase(false)]
    [TestCase(true, Description = "the token for it does not come")]
    public async Task A_message_has_two_and_a_half_seconds_its_second_try_included(bool stallsToken)
    {
        if (stallsToken)
            _stub.AnswerToToken = number => number == 1 ? WeChatStub.AccessToken(1) : WeChatStub.Stalled("");
        _stub.AnswerToMessage = message => message.AccessToken.EndsWith('1')
            ? async (stream, stop) =>
            {
                await Task.Delay(TimeSpan.FromSeconds(2), stop);
                await WeChatStub.Refusal(40001)(stream, stop);
            }
        : WeChatStub.Stalled("");
        using var host = BuildHost([.. _stub.AlertSettings().Select(setting => (setting.Key, setting.Value))]);

        var asked = Stopwatch.StartNew();
        var result = await host.Services.GetRequiredService<IAlertSender>().SendAsync("an-openid", new Alert("妈妈", new(2026, 11, 9), 2));

        Assert.That(result.Outcome, Is.EqualTo(AlertOutcome.Failed));
        Assert.That(_stub.Messages, Has.Count.EqualTo(stallsToken ? 1 : 2));
        Assert.That(asked.Elapsed, Is.InRange(TimeSpan.FromSeconds(2.4), TimeSpan.FromSeconds(3.9)), "what a busy machine needs among them");
    }

    [Test]
    public async Task A_caller_who_goes_away_is_not_told_that_WeChat_was_slow()
    {
        using var away = new CancellationTokenSource();
        var code = _stub.CodeAnswered(async (_, stop) =>
        {
            await away.CancelAsync();
            await Task.Delay(Timeout.Infinite, stop);
        });

        await Assert.CatchAsync<OperationCanceledException>(() => ExchangeAsync(code, away.Token));
    }

    [Test]
    public void Connections_to_WeChat_follow_its_name_within_minutes_and_are_gone_before_WeChat_ends_them()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.AddData();
        var client = builder.Services.Select(service => service.ImplementationInstance)
            .OfType<ConfigureNamedOptions<HttpClientFactoryOptions>>().Select(options => options.Name).Distinct().Single();
        using var host = builder.Build();
        HttpMessageHandler? handler = host.Services.GetRequiredService<IHttpMessageHandlerFactory>().CreateHandler(client!);
        while (handler is DelegatingHandler outer)
            handler = outer.InnerHandler;

        var sockets = (SocketsHttpHandler)handler!;
        Assert.That(sockets.UseProxy, Is.True, "where the way out is a proxy");
        Assert.That(sockets.PooledConnectionLifetime, Is.InRange(TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(5)));
        Assert.That(sockets.PooledConnectionIdleTimeout, Is.InRange(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30)));
    }

    [TestCase(null, null, "WX_APPID is not set")]
    [TestCase("", "secret", "WX_APPID is not set")]
    [TestCase("your-appid", "secret", "WX_APPID is not set")]
    [TestCase("appid", " ", "WX_SECRET is not set")]
    [TestCase("appid", "your-secret", "WX_SECRET is not set")]
    [TestCase("appid", "secret", null)]
    public void Credentials_are_set_when_they_are_neither_empty_nor_the_published_ones(
        string? appId, string? secret, string? obstacle)
        => Assert.That(
            WeChatSettings.From(Configuration(("WX_APPID", appId), ("WX_SECRET", secret))).ConfigurationError,
            Is.EqualTo(obstacle));

    [Test]
    public void WeChat_is_asked_at_its_own_address_over_TLS_unless_told_otherwise()
        => Assert.That(WeChatSettings.From(Configuration()).BaseUrl, Is.EqualTo(new Uri("https://api.weixin.qq.com")));

    [TestCase("api.weixin.qq.com")]
    [TestCase("/sns")]
    [TestCase("ftp://api.weixin.qq.com")]
    [TestCase("https://")]
    [TestCase("https://api.weixin.qq.com?a=b")]
    [TestCase("https://user:password@api.weixin.qq.com")]
    public void A_base_URL_that_cannot_be_understood_is_refused_by_name_and_not_repeated(string url)
    {
        var refusal = Assert.Throws<SettingException>(() => WeChatSettings.From(Configuration(("WX_API_BASE_URL", url))));

        Assert.That(refusal.Message, Does.StartWith("WX_API_BASE_URL ").And.Contain("; expected ").And.Not.Contain($"\"{url}\""));
    }

    private static IConfiguration Configuration(params (string Name, string? Value)[] settings)
        => new ConfigurationBuilder()
            .AddInMemoryCollection(settings.ToDictionary(setting => setting.Name, setting => setting.Value))
            .Build();

    private Task<WeChatSession> ExchangeAsync(string code, params (string Name, string Value)[] settings)
        => ExchangeAsync(code, CancellationToken.None, settings);

    private async Task<WeChatSession> ExchangeAsync(
        string code, CancellationToken cancellationToken, params (string Name, string Value)[] settings)
    {
        using var host = BuildHost(settings);
        return await host.Services.GetRequiredService<IWeChatClient>().ExchangeAsync(code, cancellationToken);
    }

    private IHost BuildHost(params (string Name, string Value)[] settings)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(_stub.Settings()!);
        builder.Configuration.AddInMemoryCollection(settings.ToDictionary(setting => setting.Name, setting => (string?)setting.Value));
        builder.Services.AddSingleton(TimeProvider.System);
        builder.AddData();
        return builder.Build();
    }
}
