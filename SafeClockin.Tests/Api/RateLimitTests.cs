using Microsoft.AspNetCore.Builder;
using SafeClockin.Api.Auth;
using SafeClockin.Api.Hosting;
using SafeClockin.Domain;
using SafeClockin.Tests.Servers;

namespace SafeClockin.Tests.Api;

/// <summary>How often one client may log in, and who counts as one client. The tests themselves come from loopback.</summary>
public sealed class RateLimitTests
{
    private const string TooMany = """{"code":-1,"errorMsg":"操作太频繁，请稍后再试"}""";

    [Test]
    public async Task A_client_that_logs_in_too_often_is_told_when_to_come_back_and_nobody_else_is()
    {
        using var service = Start(("LOGIN_RATE_LIMIT", "2"));
        using var client = service.CreateClient();

        Assert.That(await LogInAsync(client, "203.0.113.7", "203.0.113.7"), Is.EqualTo(new[] { 200, 200 }));
        using (var request = Login("203.0.113.7"))
        using (var response = await client.SendAsync(request))
        using (Assert.EnterMultipleScope())
        {
            Assert.That((int)response.StatusCode, Is.EqualTo(429));
            Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo(TooMany));
            Assert.That(response.Headers.RetryAfter?.Delta, Is.InRange(TimeSpan.FromSeconds(46), TimeSpan.FromSeconds(60)), "a minute from the first");
        }

        Assert.That(await LogInAsync(client, "203.0.113.8"), Is.EqualTo(new[] { 200 }), "another client");
        using var count = new HttpRequestMessage(HttpMethod.Get, "/api/count");
        count.Headers.Add("X-Forwarded-For", "203.0.113.7");
        using var counted = await client.SendAsync(count);
        Assert.That((int)counted.StatusCode, Is.EqualTo(200), "logins alone are limited");
    }

    [Test]
    public async Task GET_and_POST_count_together()
    {
        using var service = Start(("LOGIN_RATE_LIMIT", "2"));
        using var client = service.CreateClient();

        Assert.That(await LogInAsync(client, "203.0.113.7"), Is.EqualTo(new[] { 200 }));
        foreach (var status in new[] { 200, 429 })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/api/login") { Content = Envelopes.Json("{}") };
            request.Headers.Add("X-Forwarded-For", "203.0.113.7");
            using var response = await client.SendAsync(request);
            Assert.That((int)response.StatusCode, Is.EqualTo(status));
        }
    }

    [Test]
    public async Task Invitations_are_tried_as_seldom_as_codes()
    {
        using var service = Start(("LOGIN_RATE_LIMIT", "2"));
        using var client = service.CreateClient();

        Assert.That(await LogInAsync(client, "203.0.113.7"), Is.EqualTo(new[] { 200 }));
        foreach (var status in new[] { 401, 429 })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/api/wards") { Content = Envelopes.Json("{}") };
            request.Headers.Add("X-Forwarded-For", "203.0.113.7");
            using var response = await client.SendAsync(request);
            Assert.That((int)response.StatusCode, Is.EqualTo(status));
        }
    }

    [TestCase("9.9.9.1, 203.0.113.7", "9.9.9.2, 203.0.113.7", Description = "a forged address before the true one")]
    [TestCase("203.0.113.7, 10.0.0.5", "9.9.9.9, 203.0.113.7, 192.168.0.2", Description = "through two proxies")]
    [TestCase("unknown, 203.0.113.7", "9.9.9.9,203.0.113.7:4711", Description = "with a port")]
    [TestCase("203.0.113.7", "::ffff:203.0.113.7", Description = "IPv4 as IPv6")]
    [TestCase("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", Description = "one IPv6 host's addresses")]
    public async Task A_client_is_the_last_address_that_a_proxy_added_and_evades_nothing(string first, string second)
    {
        using var service = Start(("LOGIN_RATE_LIMIT", "1"));
        using var client = service.CreateClient();

        Assert.That(await LogInAsync(client, first, second), Is.EqualTo(new[] { 200, 429 }));
    }

    [TestCase("203.0.113.7", "203.0.113.8")]
    [TestCase("203.0.113.7, 203.0.113.8", "203.0.113.7, 203.0.113.9")]
    [TestCase("2001:db8:1:2::1", "2001:db8:1:3::1")]
    public async Task Two_clients_are_two(string first, string second)
    {
        using var service = Start(("LOGIN_RATE_LIMIT", "1"));
        using var client = service.CreateClient();

        Assert.That(await LogInAsync(client, first, second), Is.EqualTo(new[] { 200, 200 }));
    }

    [TestCase(null, Description = "as callContainer does")]
    [TestCase("127.9.9.9")]
    [TestCase("10.1.2.3")]
    [TestCase("::ffff:10.1.2.3", Description = "IPv4 as IPv6, as a socket for both tells it")]
    [TestCase("172.16.0.1")]
    [TestCase("172.31.255.254")]
    [TestCase("192.168.255.254")]
    [TestCase("169.254.10.1")]
    [TestCase("100.64.0.9")]
    [TestCase("100.127.255.254")]
    [TestCase("::1")]
    [TestCase("fd00::7")]
    [TestCase("fe80::1")]
    [TestCase("not an address")]
    public async Task A_gateway_that_does_not_say_for_whom_it_asks_is_never_limited(string? forwarded)
    {
        using var service = Start(("LOGIN_RATE_LIMIT", "1"));
        using var client = service.CreateClient();

        Assert.That(
            await LogInAsync(client, Enumerable.Repeat(forwarded, 20).ToArray()), Has.All.EqualTo(200));
    }

    [TestCase("9.255.255.255")]
    [TestCase("11.0.0.1")]
    [TestCase("172.15.255.254")]
    [TestCase("172.32.0.1")]
    [TestCase("192.169.0.1")]
    [TestCase("169.253.0.1")]
    [TestCase("100.63.0.1")]
    [TestCase("100.128.0.1")]
    [TestCase("::2")]
    [TestCase("fb00::1")]
    [TestCase("fec0::1")]
    public async Task An_address_of_the_public_network_is_a_client_s(string forwarded)
    {
        using var service = Start(("LOGIN_RATE_LIMIT", "1"));
        using var client = service.CreateClient();

        Assert.That(await LogInAsync(client, forwarded, $"9.9.9.9, {forwarded}"), Is.EqualTo(new[] { 200, 429 }));
    }

    [Test]
    public async Task Who_is_no_trusted_proxy_is_a_client_whatever_it_forwards()
    {
        using var service = Start(("LOGIN_RATE_LIMIT", "2"), ("TRUSTED_PROXIES", "10.0.0.0/8, 192.0.2.1, fd00::/8"));
        using var client = service.CreateClient();

        Assert.That(await LogInAsync(client, "9.9.9.1", "9.9.9.2", "10.0.0.1", null), Is.EqualTo(new[] { 200, 200, 429, 429 }));
    }

    [Test]
    public async Task A_proxy_that_is_named_alone_is_believed_and_neither_its_neighbours_nor_the_frameworks_own_default()
    {
        using var service = Start(("LOGIN_RATE_LIMIT", "1"), ("TRUSTED_PROXIES", "127.0.0.1,10.0.0.1"));
        using var client = service.CreateClient();

        Assert.That(await LogInAsync(client, "10.0.0.7", "10.0.0.8", "10.0.0.7"), Is.EqualTo(new[] { 200, 200, 429 }));
        Assert.That(await LogInAsync(client, "9.9.9.1, ::1", "9.9.9.2, ::1"), Is.EqualTo(new[] { 200, 429 }));
    }

    [Test]
    public async Task Behind_a_socket_in_the_file_system_stands_a_proxy()
    {
        var settings = Service.EmbeddedStore();
        var path = Path.Combine(Path.GetTempPath(), $"safeclockin-{Guid.NewGuid():N}"); // a socket's path must be short
        settings["ASPNETCORE_URLS"] = $"http://unix:{path};http://127.0.0.1:0";
        settings["LOGIN_RATE_LIMIT"] = "1";
        var (service, other) = await ServiceProcess.StartAsync(settings);
        using (service)
        using (other)
        using (var socket = new SocketsHttpHandler { ConnectCallback = (_, stop) => Healthcheck.ConnectAsync(path, stop) })
        using (var client = new HttpClient(socket) { BaseAddress = new("http://localhost") })
        {
            Assert.That(
                await LogInAsync(client, null, null, "203.0.113.7", "203.0.113.7", "203.0.113.8"),
                Is.EqualTo(new[] { 200, 200, 200, 429, 200 }));
        }

        File.Delete(path);
    }

    [Test]
    public async Task Without_a_setting_sixty_logins_a_minute_are_allowed()
    {
        using var service = Start();
        using var client = service.CreateClient();

        var answers = await LogInAsync(client, Enumerable.Repeat("203.0.113.7", 61).ToArray());

        Assert.That(answers.SkipLast(1), Has.All.EqualTo(200));
        Assert.That(answers[^1], Is.EqualTo(429));
    }

    [TestCase("LOGIN_RATE_LIMIT", "0")]
    [TestCase("LOGIN_RATE_LIMIT", "-1")]
    [TestCase("LOGIN_RATE_LIMIT", "1.5")]
    [TestCase("LOGIN_RATE_LIMIT", "many")]
    [TestCase("LOGIN_RATE_LIMIT", "99999999999")]
    [TestCase("TRUSTED_PROXIES", "gateway")]
    [TestCase("TRUSTED_PROXIES", "10")]
    [TestCase("TRUSTED_PROXIES", "10.0.0.0/33")]
    [TestCase("TRUSTED_PROXIES", "10.0.0.0/8,")]
    [TestCase("TRUSTED_PROXIES", "10.0.0.0/8;127.0.0.1")]
    public void A_setting_that_cannot_be_understood_is_refused_by_name_and_value(string name, string value)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Configuration[name] = value;

        var refusal = Assert.Throws<SettingException>(() =>
            builder.AddLoginRateLimit());

        Assert.That(refusal.Message, Does.StartWith($"{name} is \"{value}\"; expected "));
    }

    private static Service Start(params (string Name, string Value)[] settings)
    {
        var all = Service.EmbeddedStore();
        foreach (var (name, value) in settings)
            all[name] = value;
        return Service.Start(all);
    }

    // Without a code: a login that is refused counts like any other.
    private static HttpRequestMessage Login(string? forwarded)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, "/api/login");
        if (forwarded is not null)
            request.Headers.TryAddWithoutValidation("X-Forwarded-For", forwarded);
        return request;
    }

    private static async Task<List<int>> LogInAsync(HttpClient client, params string?[] forwarded)
    {
        var statuses = new List<int>();
        foreach (var address in forwarded)
        {
            using var request = Login(address);
            using var response = await client.SendAsync(request);
            statuses.Add((int)response.StatusCode);
        }

        return statuses;
    }
}
