using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using SafeClockin.Tests.Servers;
using Serilog.Events;

namespace SafeClockin.Tests.Api;

/// <summary>Requests byte by byte, and the headers that every answer has.</summary>
public sealed class RawHttpTests
{
    private const string EnvelopeHeaders = "Cache-Control: no-store|X-Content-Type-Options: nosniff|Content-Type: application/json; charset=utf-8";
    private const string PageHeaders =
        "X-Content-Type-Options: nosniff|X-Frame-Options: DENY|Referrer-Policy: no-referrer|Cross-Origin-Opener-Policy: same-origin"
        + "|Permissions-Policy: camera=(), geolocation=(), microphone=()|Content-Type: text/html";

    private const string OwnFilesOnly =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private const string OwnFilesAndItsScript =
        "default-src 'none'; script-src 'self' 'nonce'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; "
        + "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private const string Nonce = "'nonce-([A-Za-z0-9+/]{22}==)'";

    private const string Head = "POST /api/count HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n";
    private const string Inc = """{"action":"inc"}""";

    private Service _service;
    private HttpClient _client;

    [SetUp]
    public void Start()
    {
        _service = Service.Start(
            new Dictionary<string, string>(Service.EmbeddedStore()) { ["LOGIN_RATE_LIMIT"] = "1", ["TRUSTED_PROXIES"] = "192.0.2.1" });
        _client = _service.CreateClient();
    }

    [TearDown]
    public void Stop()
    {
        _client.Dispose();
        _service.Dispose();
    }

    [TestCase("Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFFF\r\n" + Inc + "\r\n0\r\n\r\n", Description = "an absurd chunk size")]
    [TestCase("Transfer-Encoding: chunked\r\n\r\n-10\r\n" + Inc + "\r\n0\r\n\r\n", Description = "a negative chunk size")]
    [TestCase("Transfer-Encoding: chunked\r\n\r\n8\r\n" + Inc + "\r\n0\r\n\r\n", Description = "a chunk size that is too small")]
    public Task A_body_that_cannot_be_read_is_its_sender_s_fault(string rest)
        => ExpectRefusalAsync(Head + rest, 400, "请求格式错误，请求体须为JSON对象");

    [Test]
    public void A_connection_that_rests_is_kept_for_longer_than_gateways_keep_it()
        => Assert.That(
            _service.Services.GetRequiredService<IOptions<KestrelServerOptions>>().Value.Limits.KeepAliveTimeout,
            Is.AtLeast(TimeSpan.FromSeconds(120)));

    [Test]
    public async Task Headers_that_gateways_add_are_taken()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/count");
        for (var i = 0; i < 60; i++)
            request.Headers.Add($"X-Gateway-{i}", new string('x', 200));

        using var response = await _client.SendAsync(request);

        Assert.That((int)response.StatusCode, Is.EqualTo(200));
    }

    [TestCase("Content-Length: 100\r\n\r\n" + Inc)]
    [TestCase("Transfer-Encoding: chunked\r\n\r\n7FFFFFFF\r\n" + Inc + "\r\n0\r\n\r\n", Description = "a huge chunk size")]
    public Task A_body_whose_rest_does_not_come_is_given_up_after_some_seconds(string rest)
        => ExpectRefusalAsync(Head + rest, 408, "请求超时");

    [TestCase(Head + "Content-Length: 100\r\n\r\n" + Inc)]
    [TestCase(Head + "Transfer-Encoding: chunked\r\n\r\n10\r\n{\"action\"")]
    [TestCase("POST /api/count HTT")]
    [TestCase("GET / HTTP/1.1\r\nHost: x\r\n\r\n")]
    public async Task A_client_that_breaks_off_or_resets_makes_no_error_in_the_log(string request)
    {
        for (var i = 0; i < 40; i++)
        {
            using var connection = new Connection(_client.BaseAddress!);
            await connection.SendAsync(request);
            if (i % 4 > 0)
                await Task.Delay(i % 4 * 3);
            if (i % 2 == 0)
                connection.Reset();
        }

        await ExpectNothingCountedAndNoErrorAsync();
    }

    [TestCase("utf-16", 415)]
    [TestCase("\"utf-16le\"", 415)]
    [TestCase("gbk", 415)]
    [TestCase("iso-8859-1", 415)]
    [TestCase("utf-8", 200)]
    [TestCase("UTF-8", 200)]
    [TestCase("\"utf-8\"", 200)]
    public async Task A_body_in_another_charset_than_UTF_8_is_not_taken_for_UTF_8(string charset, int status)
    {
        foreach (var body in new[] { Encoding.UTF8.GetBytes(Inc), Encoding.Unicode.GetBytes(Inc) })
        {
            using var content = new ByteArrayContent(body);
            content.Headers.TryAddWithoutValidation("Content-Type", $"application/json; charset={charset}");
            using var answer = await _client.PostAsync("/api/count", content);
            Assert.That((int)answer.StatusCode, Is.EqualTo(status));
            if (status == 200)
                return;
        }

        Assert.That(await _client.GetCountAsync(), Is.Zero);
    }

    [TestCase("GET", "/api/count", 200)]
    [TestCase("POST", "/api/count", 200, Description = "a refusal")]
    [TestCase("GET", "/health", 200)]
    [TestCase("GET", "/api/user", 401)]
    [TestCase("GET", "/nothing", 404)]
    [TestCase("GET", "/docs/nothing", 404)]
    [TestCase("PUT", "/api/count", 405)]
    [TestCase("HEAD", "/api/count", 405)]
    [TestCase("GET", "/api/login", 429)]
    public async Task Every_envelope_has_a_length_and_must_not_be_kept(string method, string path, int status)
    {
        if (status == 429)
            (await _client.GetAsync(path)).Dispose();
        using var request = new HttpRequestMessage(new(method), path);
        using var response = await _client.SendAsync(request);

        Assert.That((int)response.StatusCode, Is.EqualTo(status));
        Assert.That(response.Headers.CacheControl?.ToString(), Is.EqualTo("no-store"));
        Assert.That(response.Content.Headers.TryGetValues("Content-Length", out var length), Is.True);
        if (method != "HEAD")
            Assert.That(length!.Single(), Is.EqualTo($"{(await response.Content.ReadAsByteArrayAsync()).Length}"));
    }

    [TestCase("/", 200)]
    [TestCase("/docs", 302)]
    [TestCase("/docs/", 200)]
    public async Task Every_page_and_redirect_says_how_long_it_may_be_kept(string path, int status)
    {
        using var client = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = _client.BaseAddress };
        using var response = await client.GetAsync(path);

        Assert.That((int)response.StatusCode, Is.EqualTo(status));
        Assert.That(response.Headers.CacheControl?.ToString(), Is.EqualTo("no-cache").Or.EqualTo("no-store"));
    }

    [TestCase("/", 200, PageHeaders + "; charset=utf-8|Cache-Control: no-cache|Content-Security-Policy: " + OwnFilesOnly)]
    [TestCase("/docs/", 200, PageHeaders + "|Cache-Control: no-store|Content-Security-Policy: " + OwnFilesAndItsScript)]
    [TestCase("/docs", 302, "Cache-Control: no-cache|X-Content-Type-Options: nosniff|Location: docs/")]
    [TestCase("/site.css", 200, "Cache-Control: no-cache|X-Content-Type-Options: nosniff|Content-Type: text/css|Accept-Ranges: bytes|ETag: *|Last-Modified: *")]
    [TestCase("/openapi/v1.json", 200, "Cache-Control: no-store|X-Content-Type-Options: nosniff|Content-Type: application/json|Accept-Ranges: bytes|ETag: *|Last-Modified: *")]
    [TestCase("/api/count", 200, EnvelopeHeaders)]
    [TestCase("/health", 200, EnvelopeHeaders)]
    [TestCase("/nothing", 404, EnvelopeHeaders)]
    [TestCase("/api/user", 401, EnvelopeHeaders + "|WWW-Authenticate: Bearer")]
    public async Task Each_kind_of_answer_has_these_headers_and_no_others(string path, int status, string expected)
    {
        using var client = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = _client.BaseAddress };
        using var response = await client.GetAsync(path);

        Assert.That((int)response.StatusCode, Is.EqualTo(status));
        var headers = from header in response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated)
                      where header.Key is not ("Date" or "Content-Length" or "Transfer-Encoding")
                      select $"{header.Key}: {(header.Key is "ETag" or "Last-Modified" ? "*" : WithoutNonce(header.Value.ToString()))}";
        Assert.That(headers, Is.EquivalentTo(expected.Split('|')));
    }

    [TestCase("/docs/x")]
    [TestCase("/docs/v1")]
    [TestCase("/docs/x.js")]
    [TestCase("/docs/index.html")]
    [TestCase("/docs//")]
    public async Task Below_docs_there_is_nothing_but_the_page(string path)
    {
        using var response = await _client.GetAsync(path);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
    }

    [TestCase("?v=", false)]
    [TestCase("?v=x", false)]
    [TestCase("?v={0}x", false)]
    [TestCase("?v={0}&v={0}", false)]
    [TestCase("", false)]
    [TestCase("?v={0}", true)]
    public async Task A_file_is_kept_for_ever_by_its_own_fingerprint_alone(string query, bool isKept)
    {
        var page = await _client.GetStringAsync("/");
        var fingerprint = page.Split("/site.js?v=")[1].Split('"')[0];

        using var file = await _client.GetAsync("/site.js" + string.Format(query, fingerprint));
        using var other = await _client.GetAsync("/site.css" + string.Format(query, fingerprint));

        Assert.That(file.Headers.CacheControl?.ToString(), isKept ? Does.Contain("immutable") : Is.EqualTo("no-cache"));
        Assert.That(file.Headers.CacheControl!.MaxAge, isKept ? Is.GreaterThan(TimeSpan.FromDays(30)) : Is.Null);
        Assert.That(other.Headers.CacheControl?.ToString(), Is.EqualTo("no-cache"));
    }

    [Test]
    public async Task The_document_s_page_runs_the_script_that_came_with_it_and_none_that_was_planted()
    {
        var (first, second) = (await NonceAsync(), await NonceAsync());

        Assert.That(first, Is.Not.EqualTo(second), "nobody can know it before");

        async Task<string> NonceAsync()
        {
            using var response = await _client.GetAsync("/docs");
            var nonce = Regex.Match(response.Headers.GetValues("Content-Security-Policy").Single(), Nonce).Groups[1].Value;
            Assert.That(WebUtility.HtmlDecode(await response.Content.ReadAsStringAsync()), Does.Contain(nonce));
            return nonce;
        }
    }

    private static string WithoutNonce(string policy) => Regex.Replace(policy, Nonce, "'nonce'");

    private async Task ExpectRefusalAsync(string request, int status, string words)
    {
        using (var connection = new Connection(_client.BaseAddress!))
        {
            await connection.SendAsync(request);

            var answer = await connection.ReadToEndAsync();
            Assert.That(answer, Does.StartWith($"HTTP/1.1 {status} "));
            Assert.That(answer, Does.EndWith($$"""{"code":-1,"errorMsg":"{{words}}"}"""));
        }

        await ExpectNothingCountedAndNoErrorAsync();
    }

    private async Task ExpectNothingCountedAndNoErrorAsync()
    {
        Assert.That(await _client.GetCountAsync(), Is.Zero);
        _client.Dispose();
        await _service.DisposeAsync();
        Assert.That(
            _service.Log.Where(line => line.Level >= LogEventLevel.Error).Select(line => line.RenderMessage() + line.Exception),
            Is.Empty);
    }
}
