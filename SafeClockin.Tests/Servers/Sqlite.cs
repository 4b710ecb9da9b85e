using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using SafeClockin.Data.Sqlite;

namespace SafeClockin.Tests.Servers;

/// <summary>Embedded files for the tests.</summary>
internal static class Sqlite
{
    public static SqliteStore Open(string file) => new(file, NullLogger<SqliteStore>.Instance);

    /// <summary>A connection of somebody else to the same file.</summary>
    public static SqliteConnection Connect(string file)
    {
        var connection = new SqliteConnection($"Data Source={file};Pooling=false");
        connection.Open();
        return connection;
    }
}
