using System.Text.Json;
using Microsoft.Extensions.Configuration;
using SafeClockin.Api.Auth;
using SafeClockin.Domain;
using SafeClockin.Tests.Servers;
using Serilog.Events;

namespace SafeClockin.Tests.Api;

/// <summary>Whom the headers sign in that Cloud Hosting adds to wx.cloud.callContainer, and when.</summary>
public sealed class CloudHostingTests
{
    private const string Missing = """{"code":-1,"errorMsg":"缺少token"}""";
    private const string Invalid = """{"code":-1,"errorMsg":"token无效"}""";

    private static readonly string[] Names = ["X-WX-SOURCE", "X-WX-OPENID", "X-WX-APPID", "X-WX-FROM-OPENID", "X-WX-FROM-APPID"];
    private static readonly string Genuine = $"X-WX-SOURCE: wx_client|X-WX-OPENID: oUser|X-WX-APPID: {WeChatStub.AppId}";

    private WeChatStub _weChat;
    private Service _trusting;
    private Service _careful;
    private HttpClient _client;

    [OneTimeSetUp]
    public void Start()
    {
        _weChat = new();
        _trusting = Service.Start(new Dictionary<string, string>(_weChat.Settings()) { ["WX_TRUST_HEADERS"] = "true" });
        _careful = Service.Start(_weChat.Settings());
        _client = _trusting.CreateClient();
    }

    [OneTimeTearDown]
    public void Stop()
    {
        _client?.Dispose();
        _trusting?.Dispose();
        _careful?.Dispose();
        _weChat?.Dispose();
    }

    [Test]
    public async Task They_sign_a_user_in_wherever_a_token_is_asked_for_without_an_end()
    {
        Assert.That(
            await AskAsync(_client, Genuine), Is.EqualTo((200, """{"code":0,"data":{"openid":"oUser","expiresAt":null}}""")));

        var (status, state) = await AskAsync(_client, Genuine, "POST", "/api/clockin");
        Assert.That(status, Is.EqualTo(200));
        Assert.That(JsonDocument.Parse(state).RootElement.GetProperty("data").GetProperty("streak").GetInt32(), Is.EqualTo(1));
    }

    private static IEnumerable<TestCaseData> Requests()
    {
        const string App = WeChatStub.AppId;
        var cases = new (string Name, string Headers, string? OpenId)[]
        {
            ("as the platform sends them", Genuine, "oUser"),
            ("with empty ones of a caller", Genuine + "|X-WX-FROM-OPENID: |X-WX-FROM-APPID: ", "oUser"),
            ("of a caller that shares the environment", $"{Genuine}|X-WX-FROM-OPENID: oCaller|X-WX-FROM-APPID: {App}", "oCaller"),
            ("every sign of an openid", Genuine.Replace("oUser", "oAz09_-"), "oAz09_-"),
            ("64 bytes", Genuine.Replace("oUser", new string('o', 64)), new string('o', 64)),
            ("nothing", "", null),
            ("no source", Genuine.Replace("X-WX-SOURCE: wx_client|", ""), null),
            ("an empty source", Genuine.Replace("wx_client", ""), null),
            ("no openid", Genuine.Replace("X-WX-OPENID: oUser|", ""), null),
            ("an empty openid", Genuine.Replace("oUser", ""), null),
            ("no appid", Genuine[..Genuine.LastIndexOf('|')], null),
            ("another appid", Genuine + "0", null),
            ("an appid in another case", Genuine.Replace(App, App.ToUpperInvariant()), null),
            ("a caller without its appid", Genuine + "|X-WX-FROM-OPENID: oCaller", null),
            ("a caller without its openid", $"{Genuine}|X-WX-FROM-APPID: {App}", null),
            ("a caller of another mini-program", Genuine + "|X-WX-FROM-OPENID: oCaller|X-WX-FROM-APPID: wx-other", null),
            ("65 bytes", Genuine.Replace("oUser", new string('o', 65)), null),
            ("a blank within", Genuine.Replace("oUser", "o User"), null),
            ("a tab within", Genuine.Replace("oUser", "o\tUser"), null),
            ("two in one header", Genuine.Replace("oUser", "oUser,oOther"), null),
            ("another alphabet", Genuine.Replace("oUser", "oÜser"), null),
            ("two openids", Genuine + "|X-WX-OPENID: oOther", null),
            ("the same openid twice", Genuine + "|X-WX-OPENID: oUser", null),
            ("two sources", Genuine + "|X-WX-SOURCE: wx_client", null),
            ("two appids", Genuine + "|X-WX-APPID: wx-other", null),
            ("an empty caller and another", $"{Genuine}|X-WX-FROM-OPENID: |X-WX-FROM-OPENID: oA|X-WX-FROM-APPID: {App}", null),
            ("a caller of an empty mini-program and another", $"{Genuine}|X-WX-FROM-OPENID: oA|X-WX-FROM-APPID: |X-WX-FROM-APPID: {App}", null),
            ("two callers", $"{Genuine}|X-WX-FROM-OPENID: oA|X-WX-FROM-OPENID: oB|X-WX-FROM-APPID: {App}", null),
        };
        return cases.Select(c => new TestCaseData(c.Headers, c.OpenId).SetArgDisplayNames(c.Name));
    }

    [TestCaseSource(nameof(Requests))]
    public async Task They_are_believed_as_a_whole_or_not_at_all(string headers, string? openId)
    {
        var (status, answer) = await AskAsync(_client, headers);

        Assert.That(
            (status, answer),
            Is.EqualTo(openId is null ? (401, Missing) : (200, $$$"""{"code":0,"data":{"openid":"{{{openId}}}","expiresAt":null}}""")));
    }

    [Test]
    public async Task Without_an_AppID_set_any_mini_programs_user_is_signed_in()
    {
        using var service = Service.Start(new Dictionary<string, string>(Service.EmbeddedStore()) { ["WX_TRUST_HEADERS"] = "TRUE" });
        using var client = service.CreateClient();

        const string Any = "X-WX-SOURCE: wx_devtools|X-WX-OPENID: oUser|X-WX-APPID: wx-any";
        var (status, answer) = await AskAsync(client, Any);

        Assert.That((status, answer), Is.EqualTo((200, """{"code":0,"data":{"openid":"oUser","expiresAt":null}}""")));
        Assert.That(await AskAsync(client, Any + "|X-WX-FROM-OPENID: oCaller"), Is.EqualTo((401, Missing)), "of nobody knows which");
    }

    [TestCase("no")]
    [TestCase("off")]
    [TestCase("0")]
    [TestCase("1")]
    [TestCase("on")]
    public void Whether_they_are_trusted_is_said_by_true_or_false_and_no_other_word(string value)
    {
        var settings = new ConfigurationBuilder().AddInMemoryCollection([new("WX_TRUST_HEADERS", value)]).Build();

        Assert.That(() => CloudHostingAuth.IsTrusted(settings), Throws.InstanceOf<SettingException>().With.Message.Contains(value));
    }

    [Test]
    public async Task An_Authorization_header_decides_alone()
    {
        var token = await AskAsync(_client, $"{Genuine}|Authorization: Bearer {Tokens.Of("oTokens")}");

        Assert.That(token.Answer, Does.Contain("\"openid\":\"oTokens\""));
        Assert.That(await AskAsync(_client, Genuine + "|Authorization: Bearer garbage"), Is.EqualTo((401, Invalid)));
        Assert.That(await AskAsync(_client, Genuine + "|Authorization: "), Is.EqualTo((401, Missing)));
    }

    [Test]
    public async Task They_mean_nothing_unless_they_are_trusted_and_never_two_people()
    {
        using var careful = _careful.CreateClient();
        var seed = Environment.TickCount;
        var random = new Random(seed);
        string[] values = ["", "wx_client", "oUser", "oOther", WeChatStub.AppId, "wx-other", "true", "*", "o\tx", "ö"];
        for (var i = 0; i < 200; i++)
        {
            // Often whole, so that some would sign somebody in.
            var headers = string.Join('|', Enumerable.Range(0, random.Next(6))
                .Select(_ => $"{Names[random.Next(Names.Length)]}: {values[random.Next(values.Length)]}")
                .Concat(random.Next(2) == 0 ? [Genuine] : []));
            var about = $"seed {seed}, {headers}";

            Assert.That(await AskAsync(careful, headers), Is.EqualTo((401, Missing)), about);
            Assert.That(await AskAsync(careful, headers, path: "/api/count"), Is.EqualTo((200, """{"code":0,"data":0}""")), about);
            var (status, answer) = await AskAsync(_client, headers);
            Assert.That(answer, status == 200 ? Does.Match("\"openid\":\"[^,\"]{1,64}\"") : Is.EqualTo(Missing), about);
            if (headers.Split('|').Select(header => header.Split(':')[0]).GroupBy(name => name).Any(same => same.Count() > 1))
                Assert.That(status, Is.EqualTo(401), about);
        }
    }

    [Test]
    public void The_start_says_what_must_be_true_where_they_are_trusted()
    {
        Assert.That(() => Warnings(_trusting), Has.One.Contains("Close its public access").After(10_000, 20));
        Assert.That(Warnings(_careful), Has.None.Contains("WX_TRUST_HEADERS"));

        static IEnumerable<string> Warnings(Service service)
            => service.Log.Where(logEvent => logEvent.Level >= LogEventLevel.Warning).Select(logEvent => logEvent.RenderMessage());
    }

    private static async Task<(int Status, string Answer)> AskAsync(
        HttpClient client, string headers, string method = "GET", string path = "/api/user")
    {
        using var connection = new Connection(client.BaseAddress!);
        var lines = headers.Split('|', StringSplitOptions.RemoveEmptyEntries);
        await connection.SendAsync(
            $"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n{string.Concat(lines.Select(line => line + "\r\n"))}\r\n");
        var answer = await connection.ReadToEndAsync();
        return (int.Parse(answer.Split(' ')[1]), answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..]);
    }
}
