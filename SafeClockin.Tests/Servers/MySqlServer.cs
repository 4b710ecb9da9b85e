using Dapper;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using MySqlConnector;
using SafeClockin.Data.MySql;

namespace SafeClockin.Tests.Servers;

/// <summary>
/// A real server for the tests that need one: the one that TEST_MYSQL_ADDRESS (host:port) and TEST_MYSQL_PASSWORD
/// name, or a MariaDB that is started here on a free loopback port and stopped after the last test.
/// </summary>
internal static class MySqlServer
{
    private static readonly Lazy<MySqlConnectionStringBuilder?> Shared = new(FindOrStart);
    private static readonly List<string> Databases = [];
    private static MariaDb? _started;

    /// <summary>Skips the test where there is no server, unless it runs in CI, where there must be one.</summary>
    private static MySqlConnectionStringBuilder Root
    {
        get
        {
            if (Shared.Value is null)
                Requirement.Missing("Needs the packages mariadb-server-core and mariadb-client-core, or TEST_MYSQL_ADDRESS set");
            return new(Shared.Value!.ConnectionString);
        }
    }

    /// <summary>The settings of a service that counts in a database nobody else uses, which is not made yet.</summary>
    public static Dictionary<string, string> NewDatabase()
    {
        var root = Root;
        var database = "test_" + Guid.NewGuid().ToString("N");
        lock (Databases)
            Databases.Add(database);
        return new()
        {
            ["MYSQL_ADDRESS"] = $"{root.Server}:{root.Port}",
            ["MYSQL_USERNAME"] = root.UserID,
            ["MYSQL_PASSWORD"] = root.Password,
            ["MYSQL_DATABASE"] = database,
        };
    }

    /// <summary>A store on such a database.</summary>
    public static MySqlStore Store(Dictionary<string, string> settings, TimeProvider? time = null, ILogger<MySqlStore>? logger = null)
        => new(
            MySqlSettings.From(new ConfigurationBuilder().AddInMemoryCollection(settings!).Build()),
            time ?? TimeProvider.System,
            logger ?? NullLogger<MySqlStore>.Instance);

    /// <summary>A connection of the administrator; without a name, outside of any database.</summary>
    public static MySqlConnection Connect(string? database = null)
    {
        var connection = new MySqlConnection(Root.ConnectionString);
        connection.Open();
        if (database is not null)
            connection.ChangeDatabase(database);
        return connection;
    }

    public static void Stop()
    {
        if (_started is not null)
        {
            _started.Dispose();
        }
        else if (Databases.Count > 0)
        {
            using var connection = Connect();
            Databases.ForEach(database => connection.Execute($"DROP DATABASE IF EXISTS {database}"));
        }
    }

    private static MySqlConnectionStringBuilder? FindOrStart()
    {
        if (Environment.GetEnvironmentVariable("TEST_MYSQL_ADDRESS")?.Split(':') is [var host, var port])
        {
            return new()
            {
                Server = host,
                Port = uint.Parse(port),
                UserID = "root",
                Password = Environment.GetEnvironmentVariable("TEST_MYSQL_PASSWORD") ?? "root",
                Pooling = false,
            };
        }

        if (!MariaDb.IsInstalled)
            return null;
        _started = MariaDb.Start();
        return new() { Server = "127.0.0.1", Port = (uint)_started.Port, UserID = "root", Password = "", Pooling = false };
    }
}
