using Dapper;
using Microsoft.Data.Sqlite;
using SafeClockin.Data.Sqlite;
using SafeClockin.Domain.Counters;

namespace SafeClockin.Tests.Data;

public sealed class SqliteCounterRepositoryTests : CounterRepositoryTests
{
    private string _file;
    private SqliteCounterRepository _counters;

    internal override ICounterRepository Counters => _counters;

    [SetUp]
    public void Open()
    {
        _file = Path.Combine(Workspace.NewFolder(), "made", "when", "missing.db");
        _counters = new(_file);
    }

    [TearDown]
    public void Close() => _counters.Dispose();

    [Test]
    public async Task The_count_is_still_there_when_the_file_is_opened_again()
    {
        await Counters.IncreaseCounterByIdAsync(1, 5);
        _counters.Dispose();

        using var reopened = new SqliteCounterRepository(_file);
        Assert.That(await reopened.QueryCounterByIdAsync(1), Is.EqualTo(5));
    }

    [Test]
    public async Task A_commit_reaches_the_disk_before_it_is_acknowledged()
    {
        await Counters.IncreaseCounterByIdAsync(1, 1);

        using var connection = new SqliteConnection($"Data Source={_file}");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(connection.ExecuteScalar<string>("PRAGMA journal_mode"), Is.EqualTo("wal"));
            Assert.That(connection.ExecuteScalar<int>("PRAGMA synchronous"), Is.EqualTo(2), "FULL");
        }
    }
}
