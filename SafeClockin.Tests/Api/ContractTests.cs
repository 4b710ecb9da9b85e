using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.RegularExpressions;
using SafeClockin.Api.Hosting;
using SafeClockin.Tests.Servers;

namespace SafeClockin.Tests.Api;

/// <summary>The wire contract of the counter, the envelope and health, over real HTTP and on each store.</summary>
[TestFixture("sqlite")]
[TestFixture("mysql")]
public sealed class ContractTests(string store)
{
    private const string Json = "application/json";
    private const string MissingAction = """{"code":-1,"errorMsg":"缺少action参数"}""";
    private const string WrongAction = """{"code":-1,"errorMsg":"action参数错误"}""";
    private const string Unreadable = """{"code":-1,"errorMsg":"请求格式错误，请求体须为JSON对象"}""";
    private const string NotJson = """{"code":-1,"errorMsg":"请求体须为application/json"}""";
    private const string TooLarge = """{"code":-1,"errorMsg":"请求体过大"}""";
    private const string UnknownPath = """{"code":-1,"errorMsg":"接口不存在"}""";
    private const string WrongMethod = """{"code":-1,"errorMsg":"不支持该请求方法"}""";

    private Service _service;
    private HttpClient _client;

    [OneTimeSetUp]
    public void Start()
    {
        _service = Service.Start(store == "mysql" ? MySqlServer.NewDatabase() : Service.EmbeddedStore());
        _client = _service.CreateClient();
    }

    [OneTimeTearDown]
    public void Stop()
    {
        _client?.Dispose();
        _service?.Dispose();
    }

    [SetUp]
    public Task ClearAsync() => _client.PostActionAsync("clear");

    [Test]
    public async Task The_counter_stands_at_zero_before_the_first_increment()
        => await ExpectAsync(new(HttpMethod.Get, "/api/count"), 200, """{"code":0,"data":0}""");

    [Test]
    public async Task Each_increment_answers_the_value_it_produced_and_every_later_read_sees_it()
    {
        await ExpectAsync(Post("""{"action":"inc"}"""), 200, """{"code":0,"data":1}""");
        await ExpectAsync(Post("""{"action":"inc"}"""), 200, """{"code":0,"data":2}""");
        await ExpectAsync(new(HttpMethod.Get, "/api/count"), 200, """{"code":0,"data":2}""");
    }

    [Test]
    public async Task A_clear_answers_0_and_not_an_empty_object()
    {
        await _client.PostActionAsync("inc");

        await ExpectAsync(Post("""{"action":"clear"}"""), 200, """{"code":0,"data":0}""");
        await ExpectAsync(new(HttpMethod.Get, "/api/count"), 200, """{"code":0,"data":0}""");
        await ExpectAsync(Post("""{"action":"inc"}"""), 200, """{"code":0,"data":1}""");
    }

    [Test]
    public async Task Parallel_increments_are_all_kept_and_no_two_get_the_same_value()
    {
        var values = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => _client.PostActionAsync("inc")));

        Assert.That(values, Is.EquivalentTo(Enumerable.Range(1, 200)));
        Assert.That(await _client.GetCountAsync(), Is.EqualTo(200));
    }

    [TestCase("""{"action":"inc"} """, Json)]
    [TestCase("""{"action":"inc"}""", "application/json; charset=utf-8")]
    [TestCase("""{"action":"inc"}""", "Application/JSON")]
    [TestCase("""{"other":[1,{"action":"clear"}],"\u0061ction":"\u0069nc"}""", Json)]
    public async Task An_increment_is_understood_however_it_is_written(string body, string contentType)
        => await ExpectAsync(Post(body, contentType), 200, """{"code":0,"data":1}""");

    [TestCase(null)]
    [TestCase("")]
    public async Task A_read_with_a_content_type_is_a_read(string? body)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, "/api/count");
        if (body is not null)
            request.Content = new StringContent(body);
        request.Content ??= new ByteArrayContent([]);
        request.Content.Headers.ContentType = new(Json);

        await ExpectAsync(request, 200, """{"code":0,"data":0}""");
    }

    [TestCase("text/html")]
    [TestCase("text/json")]
    [TestCase("application/xml")]
    [TestCase("*/*")]
    public async Task An_answer_is_JSON_whatever_the_client_says_it_accepts(string accept)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, "/api/count");
        request.Headers.Accept.ParseAdd(accept);

        await ExpectAsync(request, 200, """{"code":0,"data":0}""");
    }

    private static IEnumerable<TestCaseData> Refusals()
    {
        var cases = new (string Name, string? ContentType, byte[] Body, int Status, string Answer)[]
        {
            ("no body", null, [], 200, MissingAction),
            ("an empty body", Json, [], 200, MissingAction),
            ("an empty form", "application/x-www-form-urlencoded", [], 200, MissingAction),
            ("an empty object", Json, "{}"u8.ToArray(), 200, MissingAction),
            ("an object without action", Json, """{"Action":"inc"}"""u8.ToArray(), 200, MissingAction),
            ("an unknown action", Json, """{"action":"dec"}"""u8.ToArray(), 200, WrongAction),
            ("an action in the wrong case", Json, """{"action":"INC"}"""u8.ToArray(), 200, WrongAction),
            ("an action with a blank", Json, """{"action":"inc "}"""u8.ToArray(), 200, WrongAction),
            ("an empty action", Json, """{"action":""}"""u8.ToArray(), 200, WrongAction),
            ("a null action", Json, """{"action":null}"""u8.ToArray(), 200, WrongAction),
            ("a number as action", Json, """{"action":1}"""u8.ToArray(), 200, WrongAction),
            ("true as action", Json, """{"action":true}"""u8.ToArray(), 200, WrongAction),
            ("an array as action", Json, """{"action":["inc"]}"""u8.ToArray(), 200, WrongAction),
            ("an object as action", Json, """{"action":{"inc":1}}"""u8.ToArray(), 200, WrongAction),
            ("SQL as action", Json, """{"action":"inc'; DROP TABLE Counters; --"}"""u8.ToArray(), 200, WrongAction),
            ("null", Json, "null"u8.ToArray(), 400, Unreadable),
            ("an array", Json, """["action","inc"]"""u8.ToArray(), 400, Unreadable),
            ("a text", Json, "\"inc\""u8.ToArray(), 400, Unreadable),
            ("a number", Json, "1"u8.ToArray(), 400, Unreadable),
            ("no JSON", Json, "action=inc"u8.ToArray(), 400, Unreadable),
            ("blanks", Json, "  "u8.ToArray(), 400, Unreadable),
            ("half an object", Json, """{"action":"inc" """u8.ToArray(), 400, Unreadable),
            ("an object and more", Json, """{"action":"inc"}{"action":"inc"}"""u8.ToArray(), 400, Unreadable),
            ("a repeated action", Json, """{"action":"clear","action":"inc"}"""u8.ToArray(), 400, Unreadable),
            ("half a surrogate pair", Json, """{"action":"\ud800"}"""u8.ToArray(), 400, Unreadable),
            ("invalid UTF-8", Json, [0xff, 0xfe], 400, Unreadable),
            ("invalid UTF-8 beside a good action", Json, [.. """{"action":"inc","x":" """u8, 0xff, .. "\"}"u8], 400, Unreadable),
            ("too deep an object", Json, Encoding.ASCII.GetBytes("""{"action":"inc","x":""" + new string('[', 100) + new string(']', 100) + "}"), 400, Unreadable),
            ("a form", "application/x-www-form-urlencoded", "action=inc"u8.ToArray(), 415, NotJson),
            ("JSON declared as text", "text/plain", """{"action":"inc"}"""u8.ToArray(), 415, NotJson),
            ("JSON without a content type", null, """{"action":"inc"}"""u8.ToArray(), 415, NotJson),
            ("20 KB", Json, Encoding.ASCII.GetBytes("""{"action":"inc","x":" """ + new string('a', 20_000) + "\"}"), 413, TooLarge),
        };
        return from c in cases
               from chunked in new[] { false, true }
               select new TestCaseData(c.ContentType, c.Body, chunked, c.Status, c.Answer)
                   .SetArgDisplayNames(c.Name + (chunked ? ", chunked" : ""));
    }

    [TestCaseSource(nameof(Refusals))]
    public async Task A_body_that_asks_for_nothing_known_is_refused_and_counts_nothing(
        string? contentType, byte[] body, bool chunked, int status, string answer)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/api/count") { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = contentType is null ? null : MediaTypeHeaderValue.Parse(contentType);
        request.Headers.TransferEncodingChunked = chunked;

        await ExpectAsync(request, status, answer);
        Assert.That(await _client.GetCountAsync(), Is.Zero);
    }

    [TestCase("GET", "/api", 404, UnknownPath)]
    [TestCase("GET", "/api/count/1", 404, UnknownPath)]
    [TestCase("POST", "/nothing/here.html", 404, UnknownPath)]
    [TestCase("GET", "/appsettings.json", 404, UnknownPath)]
    [TestCase("GET", "/%2e%2e/SafeClockin.Api.dll", 404, UnknownPath)]
    [TestCase("PUT", "/api/count", 405, WrongMethod, "GET, POST")]
    [TestCase("DELETE", "/api/count", 405, WrongMethod, "GET, POST")]
    [TestCase("HEAD", "/api/count", 405, "", "GET, POST")]
    [TestCase("POST", "/health", 405, WrongMethod, "GET")]
    [TestCase("POST", "/", 405, WrongMethod, "GET")]
    public async Task A_path_or_method_that_does_not_exist_is_answered_by_an_envelope(
        string method, string path, int status, string answer, string? allow = null)
    {
        using var response = await ExpectAsync(new(new(method), path), status, answer);

        Assert.That(response.Content.Headers.Allow, Is.EquivalentTo(allow?.Split(", ") ?? []));
    }

    [Test]
    public async Task Nothing_that_counts_may_be_kept_by_a_cache()
    {
        using var response = await _client.GetAsync("/api/count");

        Assert.That(response.Headers.CacheControl?.NoStore, Is.True);
    }

    [Test]
    public async Task Health_tells_the_version_and_that_the_database_answers()
        => await ExpectAsync(
            new(HttpMethod.Get, "/health"),
            200,
            $$$"""{"code":0,"data":{"version":"{{{ServiceVersion.Current}}}","database":"up","login":"unset"}}""");

    [Test]
    public async Task A_service_whose_database_answers_is_ready()
        => await ExpectAsync(new(HttpMethod.Get, "/health/ready"), 200, """{"code":0,"data":"ready"}""");

    [Test]
    public async Task The_index_page_is_served_with_its_script_and_style()
    {
        using var response = await _client.GetAsync("/");
        var page = await response.Content.ReadAsStringAsync();

        Assert.That(response.Content.Headers.ContentType?.ToString(), Is.EqualTo("text/html; charset=utf-8"));
        Assert.That(page, Does.Contain("+1").And.Contain("清零").And.Contain("<link rel=\"icon\" href=\"/favicon.svg?"));
        var links = Regex.Matches(page, @"<(?:link|script|img)[^>]* (?:href|src)=""(/[^""]+)""").Select(match => match.Groups[1].Value).ToList();
        Assert.That(links.Select(link => link.Split("?v=")[0]).Distinct(), Is.EquivalentTo(new[] { "/site.js", "/site.css", "/favicon.svg" }));
        foreach (var link in links)
        {
            using var asset = await _client.GetAsync(link);
            Assert.That(asset.StatusCode, Is.EqualTo(HttpStatusCode.OK), link);
            Assert.That(asset.Headers.CacheControl?.ToString(), Does.Contain("immutable"), link);
        }
    }

    [Test]
    public async Task The_index_page_may_load_nothing_foreign_nor_be_framed_nor_be_kept()
    {
        using var response = await _client.GetAsync("/");

        var policy = response.Headers.GetValues("Content-Security-Policy").Single();
        Assert.That(policy, Does.Contain("default-src 'none'").And.Contain("frame-ancestors 'none'").And.Not.Contain("unsafe"));
        Assert.That(response.Headers.GetValues("X-Frame-Options"), Is.EqualTo(["DENY"]));
        Assert.That(response.Headers.GetValues("Referrer-Policy"), Is.EqualTo(["no-referrer"]));
        Assert.That(response.Headers.CacheControl?.NoCache, Is.True);
    }

    [TestCase("/")]
    [TestCase("/site.js")]
    [TestCase("/api/count")]
    [TestCase("/nothing")]
    public async Task No_answer_may_be_taken_for_another_type_than_it_declares(string path)
    {
        using var response = await _client.GetAsync(path);

        Assert.That(response.Headers.GetValues("X-Content-Type-Options"), Is.EqualTo(["nosniff"]));
    }

    private static HttpRequestMessage Post(string body, string contentType = Json)
        => new(HttpMethod.Post, "/api/count")
        {
            Content = new StringContent(body, MediaTypeHeaderValue.Parse(contentType)),
        };

    private async Task<HttpResponseMessage> ExpectAsync(HttpRequestMessage request, int status, string answer)
    {
        var response = await _client.SendAsync(request);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo(answer));
            Assert.That((int)response.StatusCode, Is.EqualTo(status));
            Assert.That(response.Content.Headers.ContentType?.ToString(), Is.EqualTo("application/json; charset=utf-8"));
            Assert.That(response.Headers.TransferEncodingChunked, Is.Null); // but of a known length, in one packet
        }

        return response;
    }
}
