using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using SafeClockin.Domain.Alerts;
using SafeClockin.Tests.Servers;

namespace SafeClockin.Tests.Api;

/// <summary>The example client in Node: its own tests, and its preview beside the service.</summary>
public sealed class MiniProgramTests
{
    [Test]
    public async Task The_example_client_passes_its_own_tests()
    {
        var (exitCode, output) = await MiniProgram.RunNodeAsync("--test", "--test-reporter=tap");

        Assert.That(exitCode, Is.Zero, output);
        Assert.That(output, Does.Match("(?m)^# pass [1-9]").And.Match("(?m)^# skipped 0$"), output);
    }

    [Test]
    public async Task The_preview_stands_in_for_WeChat_from_the_login_to_the_message()
    {
        var (preview, address) = await MiniProgram.StartPreviewAsync();
        try
        {
            var settings = Service.EmbeddedStore();
            settings["WX_API_BASE_URL"] = address;
            settings["WX_APPID"] = "preview";
            settings["WX_SECRET"] = "preview";
            settings["TOKEN_SECRET"] = WeChatStub.TokenSecret;
            settings["WX_ALERT_TEMPLATE_ID"] = "template-1";
            settings["WX_ALERT_DATA"] = """{"thing1":"{ward}"}""";
            var time = new SettableTime();
            time.Set(DateTimeOffset.Parse("2026-11-24T12:00:00+08:00"));
            using var service = Service.Start(settings, services => services.AddSingleton<TimeProvider>(time));
            using var client = service.CreateClient();

            var login = await client.GetFromJsonAsync<JsonElement>("/api/login?code=somebody");
            Assert.That(login.GetProperty("code").GetInt32(), Is.Zero, $"{login}");

            var (ward, guardian) = (new User(client, "preview-ward"), new User(client, "preview-guardian"));
            var (id, invitation) = await ward.InviteAsync();
            await guardian.AcceptAsync(invitation);
            await ward.DataAsync("POST", "/api/clockin");
            await guardian.DataAsync("POST", $"/api/wards/{id}/alert");
            time.Set(time.GetUtcNow().AddDays(3));
            var report = await service.Services.GetRequiredService<AlertService>().SweepAsync(CancellationToken.None);

            Assert.That((report.Sent, report.Problems.Count), Is.EqualTo((1, 0)));
        }
        finally
        {
            preview.Kill();
            preview.Dispose();
        }
    }
}
