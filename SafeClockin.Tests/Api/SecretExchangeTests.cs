using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using SafeClockin.Api.Auth;
using SafeClockin.Tests.Servers;

namespace SafeClockin.Tests.Api;

/// <summary>Exchanging TOKEN_SECRET while users are logged in.</summary>
public sealed class SecretExchangeTests
{
    private const string Old = "the-old-secret-of-more-than-32-bytes";
    private const string New = "the-new-secret-of-more-than-32-bytes";
    private const string Published = "your-token-secret";

    private readonly WeChatStub _weChat = new();

    [OneTimeTearDown]
    public void Stop() => _weChat.Dispose();

    /// <summary>The three steps of docs/operate.md, each replica by itself.</summary>
    [Test]
    public async Task Nobody_is_logged_out_while_replicas_take_one_step_after_the_other()
    {
        (string Secret, string Previous)[] steps = [(Old, ""), (Old, New), (New, Old), (New, "")];
        var replicas = await Task.WhenAll(steps.Select(step => ServiceProcess.StartAsync(Settings(step.Secret, step.Previous))));
        try
        {
            var tokens = await Task.WhenAll(replicas.Select(replica => _weChat.LogInAsync(replica.Client, "an-openid")));

            for (var replica = 0; replica < steps.Length; replica++)
            {
                for (var issuer = 0; issuer < steps.Length; issuer++)
                {
                    using var request = new HttpRequestMessage(HttpMethod.Get, "/api/user");
                    request.Headers.Authorization = new("Bearer", tokens[issuer]);
                    using var answer = await replicas[replica].Client.SendAsync(request);
                    var isAccepted = steps[replica].Secret == steps[issuer].Secret || steps[replica].Previous == steps[issuer].Secret;
                    Assert.That((int)answer.StatusCode, Is.EqualTo(isAccepted ? 200 : 401), $"a token of step {issuer} at step {replica}");
                    // Of two steps side by side, neither refuses what the other issues.
                    if (Math.Abs(replica - issuer) <= 1 && Math.Max(replica, issuer) < 3)
                        Assert.That(isAccepted, Is.True);
                }
            }
        }
        finally
        {
            foreach (var (process, client) in replicas)
            {
                client.Dispose();
                process.Dispose();
            }
        }
    }

    [Test]
    public async Task What_the_previous_secret_sealed_is_opened_and_nothing_is_sealed_with_it()
    {
        using var before = Service.Start(Settings(Old, ""));
        using var between = Service.Start(Settings(New, Old));
        using var afterwards = Service.Start(Settings(New, ""));

        var old = SessionKeyOf(await _weChat.LogInAsync(before.CreateClient(), "an-openid"));
        var renewed = SessionKeyOf(await _weChat.LogInAsync(between.CreateClient(), "an-openid"));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(Open(between, old), Is.EqualTo(WeChatStub.SessionKey));
            Assert.That(Open(between, renewed), Is.EqualTo(WeChatStub.SessionKey));
            Assert.That(Open(afterwards, old), Is.Null);
            Assert.That(Open(afterwards, renewed), Is.EqualTo(WeChatStub.SessionKey));
        }

        static string? Open(Service service, string sealedKey)
            => service.Services.GetRequiredService<SessionKeySeal>().Open(sealedKey, "an-openid");
    }

    [TestCase("Production", New, New, New, true, "TOKEN_SECRET_PREVIOUS is the same as TOKEN_SECRET")]
    [TestCase("Production", "", Old, Old, false, "TOKEN_SECRET_PREVIOUS is set, and TOKEN_SECRET is not")]
    [TestCase("Production", New, "short", "short", false, "TOKEN_SECRET_PREVIOUS is shorter than 32 bytes")]
    [TestCase("Staging", New, "short", "short", false, "TOKEN_SECRET_PREVIOUS is shorter than 32 bytes")]
    [TestCase("Development", New, "short", "short", true, "TOKEN_SECRET_PREVIOUS is shorter than 32 bytes")]
    [TestCase("Production", New, Published, Published, false, "TOKEN_SECRET_PREVIOUS is the published default")]
    [TestCase("Development", New, Published, Published, true, "TOKEN_SECRET_PREVIOUS is the published default")]
    [TestCase("Production", New, Old, Old, true, null)]
    [TestCase("Production", New, $"{Old} ", $"{Old} ", true, null)]
    [TestCase("Production", New, "十一个汉字共三十三字节", "十一个汉字共三十三字节", true, null)]
    public async Task What_is_wrong_with_the_previous_secret_is_said_at_the_start_and_it_verifies_nothing_but_in_Development(
        string environment, string secret, string previous, string signer, bool isAccepted, string? warning)
    {
        var settings = Settings(secret, previous);
        settings[HostDefaults.EnvironmentKey] = environment;
        using var service = Service.Start(settings);
        using var client = service.CreateClient();
        var token = Tokens.Sign(Tokens.Hs256, $$"""{"openid":"o","exp":{{DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 60}}}""", signer);
        client.DefaultRequestHeaders.Authorization = new("Bearer", token);

        using var answer = await client.GetAsync("/api/user");

        Assert.That((int)answer.StatusCode, Is.EqualTo(isAccepted ? 200 : 401));
        Assert.That(() => Warnings(), warning is null ? Is.Empty : Has.One.StartsWith(warning).After(10_000, 20));

        string[] Warnings()
            => [.. service.Log.Select(logEvent => logEvent.RenderMessage().Trim('"')).Where(text => text.StartsWith("TOKEN_SECRET_PREVIOUS"))];
    }

    private Dictionary<string, string> Settings(string secret, string previous)
        => new(_weChat.Settings()) { ["TOKEN_SECRET"] = secret, ["TOKEN_SECRET_PREVIOUS"] = previous };

    private static string SessionKeyOf(string token)
        => JsonDocument.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(token.Split('.')[1]))
            .RootElement.GetProperty("session_key").GetString()!;
}
