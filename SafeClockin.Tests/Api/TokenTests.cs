using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using SafeClockin.Api.Auth;
using SafeClockin.Tests.Servers;

namespace SafeClockin.Tests.Api;

/// <summary>Tokens: what is in them, who can read and forge them, and which are recognised.</summary>
public sealed class TokenTests
{
    private const string Missing = """{"code":-1,"errorMsg":"缺少token"}""";
    private const string Invalid = """{"code":-1,"errorMsg":"token无效"}""";
    private const string Expired = """{"code":-1,"errorMsg":"token已过期"}""";
    private const long InAnHour = 3600;

    // WeChatStub's session_key for an-openid, sealed by another program: AES-256-GCM with the key that HKDF-SHA256 derives from
    // TOKEN_SECRET for safeclockin/session_key/v1, and the nonce 0, 1, … 11.
    private const string Earlier = "v1.AAECAwQFBgcICQoLW4u09kCGWKojFmEI7CcbaKR2ff9smNr98chnUVVhoBF-tHL_";

    private static readonly string[] Claims = ["exp", "iat", "openid", "session_key"];

    private WeChatStub _weChat;
    private Service _service;
    private HttpClient _client;

    private static long Now => DateTimeOffset.UtcNow.ToUnixTimeSeconds();

    [OneTimeSetUp]
    public void Start()
    {
        _weChat = new();
        _service = Service.Start(_weChat.Settings());
        _client = _service.CreateClient();
    }

    [OneTimeTearDown]
    public void Stop()
    {
        _client?.Dispose();
        _service?.Dispose();
        _weChat?.Dispose();
    }

    [Test]
    public async Task A_token_says_who_until_when_and_nothing_that_its_bearer_may_not_read()
    {
        var before = Now;
        var parts = (await _weChat.LogInAsync(_client, "an-openid")).Split('.');
        var claims = JsonDocument.Parse(Decode(parts[1])).RootElement;

        using (Assert.EnterMultipleScope())
        {
            Assert.That(Encoding.UTF8.GetString(Decode(parts[0])), Is.EqualTo(Tokens.Hs256));
            Assert.That(claims.EnumerateObject().Select(claim => claim.Name), Is.EquivalentTo(Claims));
            Assert.That(claims.GetProperty("openid").GetString(), Is.EqualTo("an-openid"));
            Assert.That(claims.GetProperty("iat").GetInt64(), Is.InRange(before, Now));
            Assert.That(claims.GetProperty("exp").GetInt64(), Is.EqualTo(claims.GetProperty("iat").GetInt64() + (7 * 24 * 3600)));
        }
    }

    // py-safeClockin's fault: whoever holds the token reads the session_key.
    [Test]
    public async Task The_session_key_in_a_token_opens_for_the_server_and_its_openid_alone()
    {
        var token = await _weChat.LogInAsync(_client, "an-openid");
        var claim = JsonDocument.Parse(Decode(token.Split('.')[1])).RootElement.GetProperty("session_key").GetString()!;
        var again = JsonDocument.Parse(Decode((await _weChat.LogInAsync(_client, "an-openid")).Split('.')[1])).RootElement;
        var seal = _service.Services.GetRequiredService<SessionKeySeal>();
        using var other = Service.Start(new Dictionary<string, string>(_weChat.Settings())
        {
            ["TOKEN_SECRET"] = "another-secret-of-more-than-32-bytes",
        });
        using var replica = Service.Start(_weChat.Settings());

        using (Assert.EnterMultipleScope())
        {
            Assert.That(claim, Does.Match("^v1\\.[A-Za-z0-9_-]+$"));
            Assert.That(Encoding.Latin1.GetString(Decode(claim[3..])), Does.Not.Contain(WeChatStub.SessionKey));
            Assert.That(again.GetProperty("session_key").GetString(), Is.Not.EqualTo(claim), "sealed anew each time");

            Assert.That(seal.Open(claim, "an-openid"), Is.EqualTo(WeChatStub.SessionKey));
            Assert.That(Open(replica, claim), Is.EqualTo(WeChatStub.SessionKey), "on every replica");
            Assert.That(seal.Open(Earlier, "an-openid"), Is.EqualTo(WeChatStub.SessionKey), "by an earlier release");
            Assert.That(Open(other, claim), Is.Null, "sealed with another secret");
            Assert.That(seal.Open(claim, "another-openid"), Is.Null, "moved from another openid");
            for (var i = 0; i < claim.Length; i++)
                Assert.That(seal.Open(Flip(claim, i), "an-openid"), Is.Null, $"altered at {i}");
            foreach (var broken in new[] { "", "v1.", "v1.AAAA", claim[..^4], claim + "AAAA", "v1.*", "plain", claim[3..] })
                Assert.That(seal.Open(broken, "an-openid"), Is.Null, broken);
        }

        static string? Open(Service service, string claim)
            => service.Services.GetRequiredService<SessionKeySeal>().Open(claim, "an-openid");
    }

    [TestCase("Bearer {0}")]
    [TestCase("bearer {0}")]
    [TestCase("BEARER   {0}  ")]
    [TestCase("Bearer \"{0}\"", Description = "as a client sends it that keeps it as JSON")]
    public async Task A_token_is_recognised_however_a_client_sends_it(string header)
    {
        var token = await _weChat.LogInAsync(_client, "an-openid");
        var expiry = JsonDocument.Parse(Decode(token.Split('.')[1])).RootElement.GetProperty("exp").GetInt64();

        var (status, answer, _) = await AskAsync(_client, string.Format(header, token));

        Assert.That(answer, Is.EqualTo($$$"""{"code":0,"data":{"openid":"an-openid","expiresAt":{{{expiry}}}}}"""));
        Assert.That(status, Is.EqualTo(200));
    }

    private static IEnumerable<TestCaseData> Refusals()
    {
        const string Secret = WeChatStub.TokenSecret;
        var good = $$"""{"openid":"o","session_key":"k","iat":{{Now}},"exp":{{Now + InAnHour}}}""";
        var signed = Tokens.Sign(Tokens.Hs256, good, Secret);
        var cases = new (string Name, string? Header, string Answer)[]
        {
            ("no header", null, Missing),
            ("an empty header", "", Missing),
            ("a scheme alone", "Bearer", Missing),
            ("a scheme and a blank", "Bearer ", Missing),
            ("empty quotes", "Bearer \"\"", Missing),
            ("another scheme", "Basic dXNlcjpwYXNz", Missing),
            ("garbage", "Bearer garbage", Invalid),
            ("three dots", "Bearer ...", Invalid),
            ("two parts", "Bearer " + signed[..signed.LastIndexOf('.')], Invalid),
            ("no signature", "Bearer " + signed[..(signed.LastIndexOf('.') + 1)], Invalid),
            ("two tokens", $"Bearer {signed} {signed}", Invalid),
            ("an altered signature", "Bearer " + Flip(signed, signed.Length - 10), Invalid),
            ("altered claims", "Bearer " + Flip(signed, signed.IndexOf('.') + 15), Invalid),
            ("another secret", "Bearer " + Tokens.Sign(Tokens.Hs256, good, "another-secret-of-more-than-32-bytes"), Invalid),
            ("the published secret", "Bearer " + Tokens.Sign(Tokens.Hs256, good, "your-token-secret"), Invalid),
            ("the empty secret", "Bearer " + Tokens.Sign(Tokens.Hs256, good, ""), Invalid),
            ("alg none", "Bearer " + Encode("""{"alg":"none","typ":"JWT"}"""u8) + "." + Encode(Encoding.UTF8.GetBytes(good)) + ".", Invalid),
            ("alg none, signed", "Bearer " + Tokens.Sign("""{"alg":"none","typ":"JWT"}""", good, Secret), Invalid),
            ("alg HS512", "Bearer " + Tokens.Sign("""{"alg":"HS512","typ":"JWT"}""", good, Secret, HMACSHA512.HashData), Invalid),
            ("alg HS384", "Bearer " + Tokens.Sign("""{"alg":"HS384","typ":"JWT"}""", good, Secret, HMACSHA384.HashData), Invalid),
            ("alg RS256", "Bearer " + Tokens.Sign("""{"alg":"RS256","typ":"JWT"}""", good, Secret), Invalid),
            ("another typ", "Bearer " + Tokens.Sign("""{"alg":"HS256","typ":"at+jwt"}""", good, Secret), Invalid),
            ("no exp", "Bearer " + Tokens.Sign(Tokens.Hs256, """{"openid":"o"}""", Secret), Invalid),
            ("exp in words", "Bearer " + Tokens.Sign(Tokens.Hs256, """{"openid":"o","exp":"tomorrow"}""", Secret), Invalid),
            ("a negative exp", "Bearer " + Tokens.Sign(Tokens.Hs256, """{"openid":"o","exp":-1}""", Secret), Expired),
            ("a huge exp", "Bearer " + Tokens.Sign(Tokens.Hs256, """{"openid":"o","exp":99999999999999999999}""", Secret), Invalid),
            ("no openid", "Bearer " + Tokens.Sign(Tokens.Hs256, $$"""{"exp":{{Now + InAnHour}}}""", Secret), Invalid),
            ("an empty openid", "Bearer " + Tokens.Sign(Tokens.Hs256, $$"""{"openid":"","exp":{{Now + InAnHour}}}""", Secret), Invalid),
            ("a null openid", "Bearer " + Tokens.Sign(Tokens.Hs256, $$"""{"openid":null,"exp":{{Now + InAnHour}}}""", Secret), Invalid),
            ("a number as openid", "Bearer " + Tokens.Sign(Tokens.Hs256, $$"""{"openid":1,"exp":{{Now + InAnHour}}}""", Secret), Invalid),
            ("claims that are no object", "Bearer " + Tokens.Sign(Tokens.Hs256, "[]", Secret), Invalid),
            ("claims that are no JSON", "Bearer " + Tokens.Sign(Tokens.Hs256, "claims", Secret), Invalid),
            ("expired a second ago", "Bearer " + Tokens.Sign(Tokens.Hs256, $$"""{"openid":"o","exp":{{Now - 1}}}""", Secret), Expired),
            ("expired, with a fraction", "Bearer " + Tokens.Sign(Tokens.Hs256, $$"""{"openid":"o","exp":{{Now - 2}}.75}""", Secret), Expired),
            ("expired and forged", "Bearer " + Tokens.Sign(Tokens.Hs256, $$"""{"openid":"o","exp":{{Now - 1}}}""", "another-secret-of-more-than-32-bytes"), Invalid),
        };
        return cases.Select(c => new TestCaseData(c.Header, c.Answer).SetArgDisplayNames(c.Name));
    }

    [TestCaseSource(nameof(Refusals))]
    public async Task A_token_that_is_not_good_is_refused_with_401_in_an_envelope(string? header, string answer)
    {
        var (status, body, challenge) = await AskAsync(_client, header);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(body, Is.EqualTo(answer));
            Assert.That(status, Is.EqualTo(401));
            Assert.That(challenge, Is.EqualTo("Bearer"));
        }
    }

    [Test]
    public async Task A_bad_token_keeps_nobody_from_what_needs_none()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/count");
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer garbage");
        using var response = await _client.SendAsync(request);

        Assert.That((int)response.StatusCode, Is.EqualTo(200));
    }

    [Test]
    public async Task A_token_in_the_query_is_none()
    {
        var token = await _weChat.LogInAsync(_client, "an-openid");

        using var response = await _client.GetAsync($"/api/user?access_token={token}&token={token}");

        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo(Missing));
    }

    [TestCase("your-token-secret")]
    [TestCase("")]
    [TestCase("31-bytes-are-too-short-a-secret")]
    public async Task In_Production_a_secret_that_can_be_guessed_verifies_nothing(string secret)
    {
        const string Previous = "a-good-secret-beside-one-that-is-not-usable";
        using var service = Service.Start(
            new Dictionary<string, string>(_weChat.Settings()) { ["TOKEN_SECRET"] = secret, ["TOKEN_SECRET_PREVIOUS"] = Previous });
        using var client = service.CreateClient();
        var claims = $$"""{"openid":"o","exp":{{Now + InAnHour}}}""";

        foreach (var guess in new[] { secret, "your-token-secret", "", Previous })
        {
            var (status, answer, _) = await AskAsync(client, "Bearer " + Tokens.Sign(Tokens.Hs256, claims, guess));
            Assert.That((status, answer), Is.EqualTo((401, Invalid)));
        }
    }

    [TestCase("TOKEN_SECRET")]
    [TestCase("TOKEN_SECRET_PREVIOUS")]
    public async Task A_secret_is_taken_to_the_letter_with_its_blanks(string name)
    {
        var settings = new Dictionary<string, string>(Service.EmbeddedStore()) { ["TOKEN_SECRET"] = WeChatStub.TokenSecret };
        settings[name] = " another secret, which other programs share\t";
        using var service = Service.Start(settings);
        using var client = service.CreateClient();
        var end = DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 3600;

        var token = Tokens.Sign(Tokens.Hs256, $$"""{"openid":"o","exp":{{end}}}""", settings[name]);

        Assert.That((await AskAsync(client, "Bearer " + token)).Status, Is.EqualTo(200));
    }

    [Test]
    public async Task A_token_is_good_for_PyJWT()
    {
        var token = await _weChat.LogInAsync(_client, "an-openid");

        Assert.That(Verify(token, WeChatStub.TokenSecret), Is.EqualTo("an-openid"));
    }

    [TestCase("{'openid': 'an-openid', 'session_key': 'c2Vzc2lvbg==', 'exp': time.time() + 604800}")]
    [TestCase("{'openid': 'an-openid', 'exp': int(time.time()) + 60, 'iat': int(time.time())}")]
    public async Task A_token_of_PyJWT_is_good_for_the_service(string claims)
    {
        var token = PyJwt.Evaluate($"jwt.encode({claims}, a[0], algorithm='HS256')", WeChatStub.TokenSecret);
        var expiry = JsonDocument.Parse(Decode(token.Split('.')[1])).RootElement.GetProperty("exp").GetDouble();

        var (_, answer, _) = await AskAsync(_client, "Bearer " + token);

        Assert.That(
            answer,
            Is.EqualTo($$$"""{"code":0,"data":{"openid":"an-openid","expiresAt":{{{Math.Round(expiry)}}}}}"""));
    }

    [TestCase(null, "your-token-secret", "still the published default")]
    [TestCase("short", "short", "shorter than 32 bytes")]
    public async Task In_Development_a_short_secret_interoperates_with_PyJWT_and_the_log_warns(
        string? setting, string secret, string warning)
    {
        var settings = _weChat.Settings();
        settings["ASPNETCORE_ENVIRONMENT"] = "Development";
        if (setting is null)
            settings.Remove("TOKEN_SECRET");
        else
            settings["TOKEN_SECRET"] = setting;
        var (service, client) = await ServiceProcess.StartAsync(settings);
        using var _ = service;
        using var __ = client;

        Assert.That(Verify(await _weChat.LogInAsync(client, "an-openid"), secret), Is.EqualTo("an-openid"));
        var theirs = PyJwt.Evaluate("jwt.encode({'openid': 'o', 'exp': time.time() + 60}, a[0], algorithm='HS256')", secret);
        Assert.That((await AskAsync(client, "Bearer " + theirs)).Status, Is.EqualTo(200));
        Assert.That(service.Output, Does.Contain("WRN").And.Contain(warning));
    }

    private static string Verify(string token, string secret)
        => PyJwt.Evaluate("jwt.decode(a[0], a[1], algorithms=['HS256'])['openid']", token, secret);

    private static async Task<(int Status, string Answer, string Challenge)> AskAsync(HttpClient client, string? header)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/user");
        if (header is not null)
            request.Headers.TryAddWithoutValidation("Authorization", header);
        using var response = await client.SendAsync(request);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(), $"{response.Headers.WwwAuthenticate}");
    }

    private static string Flip(string text, int index)
        => text[..index] + (text[index] == 'A' ? 'B' : 'A') + text[(index + 1)..];

    private static string Encode(ReadOnlySpan<byte> bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);

    private static byte[] Decode(string text) => System.Buffers.Text.Base64Url.DecodeFromChars(text);
}
