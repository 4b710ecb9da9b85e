using Microsoft.Extensions.Configuration;
using MySqlConnector;
using SafeClockin.Data.MySql;
using SafeClockin.Domain;

namespace SafeClockin.Tests.Data;

public sealed class MySqlSettingsTests
{
    [Test]
    public void Without_a_setting_the_defaults_are_py_safeClockin_s()
    {
        var connection = Read();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(connection.Server, Is.EqualTo("127.0.0.1"));
            Assert.That(connection.Port, Is.EqualTo(3306));
            Assert.That(connection.UserID, Is.EqualTo("root"));
            Assert.That(connection.Password, Is.EqualTo("root"));
            Assert.That(connection.Database, Is.EqualTo("flask_demo"));
            Assert.That(connection.SslMode, Is.EqualTo(MySqlSslMode.Preferred), "TLS where the server offers it");
            Assert.That(connection.TlsVersion, Is.Empty, "of any version");
        }
    }

    [TestCase("10.0.0.9:3307", "10.0.0.9", 3307)]
    [TestCase("db.example.com", "db.example.com", 3306, Description = "without a port")]
    [TestCase("my_db:3306", "my_db", 3306, Description = "a compose service")]
    [TestCase("[::1]:3307", "::1", 3307)]
    [TestCase("[fd00::2]", "fd00::2", 3306)]
    [TestCase("", "127.0.0.1", 3306, Description = "empty is not set")]
    public void An_address_names_a_server(string address, string server, int port)
    {
        var connection = Read(("MYSQL_ADDRESS", address));

        Assert.That((connection.Server, connection.Port), Is.EqualTo((server, (uint)port)));
    }

    [Test]
    public void Several_addresses_name_the_nodes_of_a_cluster_in_their_order()
    {
        var settings = new ConfigurationBuilder()
            .AddInMemoryCollection([new("MYSQL_ADDRESS", " a , b:3307 ,[::1]:4000")])
            .Build();

        var read = MySqlSettings.From(settings);

        Assert.That(
            read.Nodes.Select(node => (node.Server, node.Port)),
            Is.EqualTo(new[] { ("a", 3306u), ("b", 3307u), ("::1", 4000u) }));
        Assert.That($"{read}", Is.EqualTo("MySQL at a:3306,b:3307,::1:4000, database flask_demo"), "in the log of the start");
    }

    [TestCase("db:")]
    [TestCase("db:0")]
    [TestCase("db:65536")]
    [TestCase("db:-1")]
    [TestCase("db:mysql")]
    [TestCase("db:3306:3307")]
    [TestCase(":3306")]
    [TestCase("::1", Description = "where would its port be?")]
    [TestCase("[::1")]
    [TestCase("[::1]x:3306")]
    [TestCase("[db]:3306")]
    [TestCase("a:3306,,b:3306")]
    [TestCase("a:3306,")]
    [TestCase(",")]
    [TestCase("mysql://db:3306")]
    [TestCase("a b:3306")]
    [TestCase("db;Uid=evil")]
    public void An_address_that_cannot_be_understood_is_refused_by_name_and_not_repeated(string address)
    {
        var refusal = Assert.Throws<SettingException>(() => Read(("MYSQL_ADDRESS", address)));

        Assert.That(refusal.Message, Does.StartWith("MYSQL_ADDRESS ").And.Contain("; expected host").And.Not.Contain($"\"{address}\""));
    }

    [Test]
    public void A_database_s_name_longer_than_MySQL_allows_is_refused()
    {
        Assert.That(Read(("MYSQL_DATABASE", new string('a', 64))).Database, Has.Length.EqualTo(64));
        Assert.Throws<SettingException>(() => Read(("MYSQL_DATABASE", new string('a', 65))));
    }

    [TestCase("")]
    [TestCase(" p;Server=evil;'\"# ")]
    public void A_password_is_taken_to_the_letter(string password)
    {
        var connection = Read(("MYSQL_PASSWORD", password));

        Assert.That((connection.Password, connection.Server), Is.EqualTo((password, "127.0.0.1")));
    }

    private static MySqlConnectionStringBuilder Read(params (string Name, string Value)[] settings)
        => MySqlSettings.From(new ConfigurationBuilder()
            .AddInMemoryCollection(settings.ToDictionary(setting => setting.Name, setting => (string?)setting.Value))
            .Build()).Nodes.Single();
}
