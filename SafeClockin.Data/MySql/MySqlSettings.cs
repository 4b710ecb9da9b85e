using System.Globalization;
using Microsoft.Extensions.Configuration;
using MySqlConnector;
using SafeClockin.Domain;

namespace SafeClockin.Data.MySql;

/// <summary>What the MYSQL_ variables say.</summary>
internal sealed record MySqlSettings
{
    public static readonly Setting Username = new("MYSQL_USERNAME", "root", "the database account");
    public static readonly Setting Password = new("MYSQL_PASSWORD", "root", "its password, to the letter; set but empty: the empty one");
    public static readonly Setting Address = new("MYSQL_ADDRESS", "127.0.0.1:3306", ExpectedAddress);
    public static readonly Setting Database = new("MYSQL_DATABASE", "flask_demo", "the database, made when missing, as are its tables");

    private const ushort DefaultPort = 3306;
    private const string ExpectedAddress =
        "host, host:port or [IPv6]:port, or several of one cluster separated by commas";

    private MySqlSettings(IReadOnlyList<MySqlConnectionStringBuilder> nodes) => Nodes = nodes;

    /// <summary>How to connect to each node, in the order of MYSQL_ADDRESS.</summary>
    public IReadOnlyList<MySqlConnectionStringBuilder> Nodes { get; }

    /// <summary>Reads and checks the MYSQL_ variables.</summary>
    /// <exception cref="SettingException">One of them cannot be understood.</exception>
    public static MySqlSettings From(IConfiguration settings)
    {
        var address = settings.Read(Address);
        const string ExpectedDatabase = "the name of a database, of at most 64 characters";
        var database = Database.ReadName(settings[Database.Name], ExpectedDatabase);
        if (database.Length > 64 || database.Any(char.IsControl))
            throw new SettingException(Database.Name, database, ExpectedDatabase);

        var nodes = address.Split(',', StringSplitOptions.TrimEntries).Select(node => ParseNode(node)).ToList();
        foreach (var node in nodes)
        {
            node.UserID = Username.ReadName(settings[Username.Name], "the name of a database account");
            node.Password = Password.ReadToTheLetter(settings[Password.Name]); // empty is the empty password
            node.Database = database;
            // In seconds. A statement that is not answered in time is not waited for any longer: to have the server
            // break it off would take another connection.
            node.ConnectionTimeout = 2;
            node.DefaultCommandTimeout = 2;
            node.CancellationTimeout = -1;
            node.Pooling = false; // each table keeps its own
            node.UseAffectedRows = true; // a row that is found and not changed does not count
        }

        return new(nodes);
    }

    public override string ToString()
        => $"MySQL at {string.Join(',', Nodes.Select(node => $"{node.Server}:{node.Port}"))}, database {Nodes[0].Database}";

    private static MySqlConnectionStringBuilder ParseNode(string node)
    {
        // The colon before a port is the one after the bracket of an IPv6 address, or the only one.
        var colon = node.IndexOf(':', Math.Max(node.IndexOf(']', StringComparison.Ordinal), 0));
        var host = colon < 0 ? node : node[..colon];
        var isIPv6 = host.StartsWith('[') && host.EndsWith(']');
        var isValid = Uri.CheckHostName(host) is var kind
            && (isIPv6 ? kind == UriHostNameType.IPv6 : kind is UriHostNameType.Dns or UriHostNameType.IPv4);

        ushort port = DefaultPort;
        if (!isValid || (colon >= 0 && !TryParsePort(node[(colon + 1)..], out port)))
            throw new SettingException(Address.Name, ExpectedAddress);
        return new() { Server = isIPv6 ? host[1..^1] : host, Port = port };
    }

    private static bool TryParsePort(string text, out ushort port)
        => ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port > 0;
}
