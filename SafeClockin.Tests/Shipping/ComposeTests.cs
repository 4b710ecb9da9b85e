using System.Text.RegularExpressions;
using SafeClockin.Api.Hosting;
using SafeClockin.Tests.Servers;
using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace SafeClockin.Tests.Shipping;

/// <summary>The stack on a developer's machine.</summary>
public sealed class ComposeTests
{
    private static readonly string[] Fields =
        ["build", "image", "ports", "environment", "depends_on", "restart", "profiles", "healthcheck", "volumes"];

    // Of the service's settings these are chosen by the stack.
    private static readonly string[] Chosen = ["STORE", "SQLITE_FILE", "MYSQL_ADDRESS", "MYSQL_USERNAME", "ASPNETCORE_URLS"];

    private Dictionary<string, Dictionary<string, object>> _services;
    private Dictionary<string, object> _file;

    [SetUp]
    public void Parse()
    {
        var yaml = new DeserializerBuilder().Build();
        var parser = new MergingParser(new Parser(new StringReader(Repository.Read("docker-compose.yml"))));
        _file = yaml.Deserialize<Dictionary<string, object>>(parser);
        _services = Map(_file["services"]).ToDictionary(service => service.Key, service => Map(service.Value));
    }

    [Test]
    public void It_has_the_service_its_database_and_on_request_a_replica()
    {
        Assert.That(_services.Keys, Is.EquivalentTo(["api", "replica", "mysql"]));
        Assert.That(_services.Values.SelectMany(service => service.Keys).Distinct(), Is.SubsetOf(Fields));
        Assert.That(_services.Values.Select(service => service["restart"]), Is.All.EqualTo("unless-stopped"), "as one without the other does nothing");
        Assert.That(_services["replica"]["profiles"], Is.EqualTo(new[] { "replicas" }));
        Assert.That(_services["replica"]["environment"], Is.EqualTo(_services["api"]["environment"]));
        Assert.That(_services["replica"]["image"], Is.EqualTo(_services["api"]["image"]));
        Assert.That(_services["api"]["build"], Is.EqualTo("."), "where the Dockerfile lies");
    }

    [Test]
    public void Everything_is_reached_from_this_machine_alone_at_a_port_of_its_own_that_can_be_moved()
        => Assert.That(
            _services.ToDictionary(service => service.Key, service => List(service.Value["ports"]).Single()),
            Is.EquivalentTo(new Dictionary<string, string>
            {
                ["api"] = "127.0.0.1:${API_PORT:-8080}:8080",
                ["replica"] = "127.0.0.1:${REPLICA_PORT:-8081}:8080",
                ["mysql"] = "127.0.0.1:${MYSQL_PORT:-3306}:3306",
            }));

    [TestCase("README.md")]
    [TestCase("docs/deploy.md")]
    public void The_database_is_the_one_that_the_documents_name_as_another_does_not_read_its_files(string document)
        => Assert.That(Repository.Read(document), Does.Match($@"\b{((string)_services["mysql"]["image"]).Replace("mysql:", "MySQL ")}[,. ]"));

    [Test]
    public void The_service_reaches_its_database_by_name_and_password_once_it_is_healthy()
    {
        var service = Map(_services["api"]["environment"]);
        Assert.That(service["MYSQL_ADDRESS"], Is.EqualTo("mysql:3306"));
        Assert.That(service["MYSQL_PASSWORD"], Is.EqualTo(Map(_services["mysql"]["environment"])["MYSQL_ROOT_PASSWORD"]));
        Assert.That(Map(Map(_services["api"]["depends_on"])["mysql"])["condition"], Is.EqualTo("service_healthy"));
        Assert.That(
            List(Map(_services["mysql"]["healthcheck"])["test"]),
            Is.EqualTo(["CMD", "mysqladmin", "ping", "-h", "127.0.0.1", "--silent"]),
            "over TCP as the service: the server that prepares an empty volume answers on its socket alone");
    }

    [Test]
    public void A_database_that_makes_its_files_first_has_minutes_for_it_and_is_used_soon_after()
    {
        var check = Map(_services["mysql"]["healthcheck"]);
        Assert.That(new[] { check["interval"], check["timeout"] }, Has.All.Match(@"^\d+s$"));
        var interval = int.Parse(((string)check["interval"]).TrimEnd('s'));

        Assert.That(interval, Is.LessThanOrEqualTo(5));
        Assert.That(interval * int.Parse((string)check["retries"]), Is.GreaterThanOrEqualTo(120), "seconds");
    }

    [Test]
    public void The_database_keeps_its_data_in_a_named_volume()
    {
        Assert.That(Map(_services["mysql"]["environment"]).Keys, Is.EqualTo(new[] { "MYSQL_ROOT_PASSWORD" }), "nothing that shuts the service out");
        var volume = List(_services["mysql"]["volumes"]).Single();
        Assert.That(volume, Does.EndWith(":/var/lib/mysql"));
        Assert.That(Map(_file["volumes"]), Contains.Key(volume.Split(':')[0]));
    }

    [Test]
    public void What_the_env_file_may_set_reaches_the_service()
    {
        var example = Repository.Read(".env.example").Split('\n')
            .Where(line => line.Contains('=') && !line.Contains(' '))
            .Select(line => line.TrimStart('#').Split('=')[0]);
        var environment = Map(_services["api"]["environment"]);

        Assert.That(example.Except(Chosen), Is.Not.Empty.And.SubsetOf(environment.Keys));
        foreach (var (name, value) in environment.Where(setting => !Chosen.Contains(setting.Key)))
            Assert.That(value, Is.Null.Or.StartsWith($"${{{name}:-"), "compose fills it in from the .env file");
    }

    [Test]
    public void With_nothing_set_the_service_runs_by_its_own_defaults_but_for_a_developer_and_on_this_database()
    {
        var taken = Map(_services["api"]["environment"])
            .Where(setting => setting.Value is not null)
            .ToDictionary(setting => setting.Key, setting => Regex.Replace((string)setting.Value, @"^\$\{\w+:-(.*)\}$", "$1"));

        var expected = AllSettings.List.Where(setting => taken.ContainsKey(setting.Name)).ToDictionary(setting => setting.Name, setting => setting.Default);
        expected["ASPNETCORE_ENVIRONMENT"] = "Development"; // where alone the published secret is taken
        expected["STORE"] = "mysql";
        expected["MYSQL_ADDRESS"] = "mysql:3306";
        expected["TOKEN_SECRET"] = "your-token-secret";
        Assert.That(taken, Is.EquivalentTo(expected));
    }

    private static Dictionary<string, object> Map(object value)
        => ((Dictionary<object, object>)value).ToDictionary(pair => (string)pair.Key, pair => pair.Value);

    private static IEnumerable<string> List(object value) => ((List<object>)value).Cast<string>();
}
