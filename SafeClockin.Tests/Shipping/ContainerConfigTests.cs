using System.Text.Json;
using Dapper;
using SafeClockin.Tests.Servers;

namespace SafeClockin.Tests.Shipping;

/// <summary>What WeChat Cloud Hosting reads when it deploys the repository as a template.</summary>
public sealed class ContainerConfigTests
{
    // https://developers.weixin.qq.com/miniprogram/dev/wxcloudrun/src/basic/config.html
    private static readonly string[] KnownFields =
    [
        "containerPort", "dockerfilePath", "buildDir", "minNum", "maxNum", "cpu", "mem", "policyType",
        "policyThreshold", "policyDetails", "envParams", "customLogs", "initialDelaySeconds", "dataBaseName",
        "executeSQLs",
    ];

    private static readonly JsonElement Config = JsonDocument.Parse(Repository.Read("container.config.json")).RootElement;

    [Test]
    public void It_holds_fields_that_the_platform_knows_and_no_others()
        => Assert.That(Config.EnumerateObject().Select(field => field.Name), Is.EquivalentTo(KnownFields));

    [Test]
    public void Memory_is_what_the_platform_gives_to_that_share_of_a_processor()
        => Assert.That(Config.GetProperty("mem").GetDouble(), Is.EqualTo(Config.GetProperty("cpu").GetDouble() * 2));

    [Test]
    public void It_scales_to_zero_on_the_port_that_the_image_listens_on()
    {
        Assert.That(Config.GetProperty("minNum").GetInt32(), Is.Zero);
        Assert.That(
            Repository.Read(Config.GetProperty("dockerfilePath").GetString()!),
            Does.Contain($"EXPOSE {Config.GetProperty("containerPort").GetInt32()}\n"));
    }

    [Test]
    public void The_image_is_built_in_the_folder_that_it_copies_from()
    {
        var folder = Path.Combine(Workspace.Repository, Config.GetProperty("buildDir").GetString()!);
        var copied = Repository.Read(Config.GetProperty("dockerfilePath").GetString()!).Split('\n')
            .Where(line => line.StartsWith("COPY ", StringComparison.Ordinal) && !line.Contains("--from", StringComparison.Ordinal))
            .SelectMany(line => line.Split(' ')[1..^1])
            .ToList();

        Assert.That(copied, Is.Not.Empty);
        Assert.That(copied.Where(path => !Path.Exists(Path.Combine(folder, path))), Is.Empty);
    }

    [Test]
    public void An_instance_is_asked_soon_after_its_start_because_it_serves_within_a_second()
        => Assert.That(Config.GetProperty("initialDelaySeconds").GetInt32(), Is.InRange(1, 5));

    [Test]
    public void An_instance_is_added_once_the_ones_there_are_well_used_and_before_they_are_full()
    {
        Assert.That(Config.GetProperty("policyType").GetString(), Is.EqualTo("cpu"));
        Assert.That(Config.GetProperty("policyThreshold").GetInt32(), Is.InRange(40, 80), "percent");
        Assert.That(Config.GetProperty("maxNum").GetInt32(), Is.AtLeast(2));
        var details = Config.GetProperty("policyDetails").EnumerateArray().Single();
        Assert.That(
            (details.GetProperty("PolicyType").GetString(), details.GetProperty("PolicyThreshold").GetInt32()),
            Is.EqualTo(("cpu", Config.GetProperty("policyThreshold").GetInt32())));
    }

    [Test]
    public void What_is_logged_is_taken_from_where_the_service_writes_it()
        => Assert.That(Config.GetProperty("customLogs").GetString(), Is.EqualTo("stdout"));

    [Test]
    public void It_holds_no_settings_which_everybody_could_read_here()
        => Assert.That(Config.GetProperty("envParams").EnumerateObject(), Is.Empty);

    [Test]
    public async Task The_service_counts_in_the_table_that_the_deployment_makes()
    {
        var settings = MySqlServer.NewDatabase();
        using (var connection = MySqlServer.Connect())
        {
            var statements = Config.GetProperty("executeSQLs").EnumerateArray().Select(sql => sql.GetString()!).ToList();
            foreach (var sql in statements.Concat(statements)) // deployed again, too
                await connection.ExecuteAsync(sql.Replace(DatabaseName, settings["MYSQL_DATABASE"]));
        }

        using var service = Service.Start(settings);
        using var client = service.CreateClient();

        Assert.That(await client.PostActionAsync("inc"), Is.EqualTo(1));
        Assert.That(await client.PostActionAsync("inc"), Is.EqualTo(2));
    }

    private static string DatabaseName => Config.GetProperty("dataBaseName").GetString()!;
}
