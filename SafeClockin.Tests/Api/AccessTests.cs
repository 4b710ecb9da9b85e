using System.Text.Json;
using SafeClockin.Tests.Docs;
using SafeClockin.Tests.Servers;

namespace SafeClockin.Tests.Api;

/// <summary>
/// Who may do what: every route of the API document, asked by each of two people who are linked, by a stranger and by somebody
/// who is not signed in. A route that is added needs a row here.
/// </summary>
public sealed class AccessTests
{
    // Who changes what the two people see of each other, where their link's id or used invitation is asked for: the ward, the
    // guardian, a stranger, and somebody who is not signed in ("401" where that is not answered).
    private static readonly Dictionary<string, string[]> Rows = new()
    {
        ["GET /api/count"] = ["", "", "", ""],
        ["POST /api/count"] = ["", "", "", ""],
        ["GET /api/login"] = ["", "", "", ""],
        ["POST /api/login"] = ["", "", "", ""],
        ["GET /health"] = ["", "", "", ""],
        ["GET /health/ready"] = ["", "", "", ""],
        ["GET /api/user"] = ["", "", "", "401"],
        ["DELETE /api/user"] = ["changes", "changes", "", "401"],
        ["GET /api/clockin"] = ["", "", "", "401"],
        ["POST /api/clockin"] = ["changes", "", "", "401"],
        ["GET /api/clockin/days"] = ["", "", "", "401"],
        ["GET /api/guardians"] = ["", "", "", "401"],
        ["POST /api/guardians"] = ["changes", "", "", "401"],
        ["DELETE /api/guardians/{id}"] = ["changes", "", "", "401"],
        ["GET /api/wards"] = ["", "", "", "401"],
        ["POST /api/wards"] = ["", "", "", "401"],
        ["DELETE /api/wards/{id}"] = ["", "changes", "", "401"],
        ["POST /api/wards/{id}/alert"] = ["", "changes", "", "401"],
        ["POST /api/alerts/sweep"] = ["401", "401", "401", "401"],
    };

    private static readonly string[] Roles = ["ward", "guardian", "stranger", "nobody"];

    private Service _service;
    private HttpClient _client;
    private int _worlds;

    private static IEnumerable<string> Routes
        => from path in JsonDocument.Parse(File.ReadAllText(ApiDocument.File)).RootElement.GetProperty("paths").EnumerateObject()
           from operation in path.Value.EnumerateObject()
           select $"{operation.Name.ToUpperInvariant()} {path.Name}";

    private static IEnumerable<TestCaseData> Cases
        => from route in Routes
           from role in Roles
           select new TestCaseData(route, role);

    [OneTimeSetUp]
    public void Start()
    {
        _service = Service.Start(new Dictionary<string, string>(Service.EmbeddedStore())
        {
            ["TOKEN_SECRET"] = WeChatStub.TokenSecret,
            ["WX_ALERT_TEMPLATE_ID"] = "a-template",
        });
        _client = _service.CreateClient();
    }

    [OneTimeTearDown]
    public void Stop()
    {
        _client?.Dispose();
        _service?.Dispose();
    }

    [Test]
    public void Every_route_has_a_row() => Assert.That(Rows.Keys, Is.EquivalentTo(Routes));

    [TestCaseSource(nameof(Cases))]
    public async Task Nobody_learns_or_changes_what_is_not_theirs(string route, string role)
    {
        var expected = Rows[route][Array.IndexOf(Roles, role)];
        var world = Interlocked.Increment(ref _worlds);
        var users = Roles.ToDictionary(each => each, each => new User(_client, each == "nobody" ? null : $"openid-{each}-{world}"));
        var (ward, guardian) = (users["ward"], users["guardian"]);
        var (id, invitation) = await ward.InviteAsync("名字甲");
        await guardian.AcceptAsync(invitation, "名字乙");
        var before = await LookAsync(ward, guardian);

        var (method, path) = (route.Split(' ')[0], route.Split(' ')[1].Replace("{id}", id));
        var answer = await users[role].AskAsync(
            method, path, method == "POST" ? JsonSerializer.Serialize(new { name = "我", invitation, action = "inc" }) : null);

        Assert.That(answer, expected == "401" ? Does.StartWith("401") : Does.StartWith("200").Or.StartWith("503"));
        Assert.That(await LookAsync(ward, guardian), expected == "changes" ? Is.Not.EqualTo(before) : Is.EqualTo(before));
        var others = Roles.Where(each => each != role).Select(each => $"openid-{each}");
        var theirs = role is "ward" or "guardian" ? [invitation] : new[] { id, invitation, "名字甲", "名字乙" };
        foreach (var secret in others.Concat(theirs))
            Assert.That(answer, Does.Not.Contain(secret));
    }

    /// <summary>What the two see of each other.</summary>
    private static async Task<string> LookAsync(User ward, User guardian)
        => await ward.AskAsync("GET", "/api/guardians") + await guardian.AskAsync("GET", "/api/wards");
}
