using Dapper;
using SafeClockin.Data.Sqlite;
using SafeClockin.Tests.Servers;

namespace SafeClockin.Tests.Data;

public sealed class SqliteCounterRepositoryTests : CounterRepositoryTests
{
    private string _file;
    private SqliteStore _store;

    [SetUp]
    public void Open()
    {
        _file = Path.Combine(Workspace.NewFolder(), "made", "when", "missing.db");
        _store = Sqlite.Open(_file);
        Counters = new SqliteCounterRepository(_store);
    }

    [TearDown]
    public void Close() => _store.Dispose();

    [Test]
    public async Task The_count_is_still_there_when_the_file_is_opened_again()
    {
        await Counters.IncreaseCounterByIdAsync(1, 5);
        _store.Dispose();

        using var reopened = Sqlite.Open(_file);
        Assert.That(await new SqliteCounterRepository(reopened).QueryCounterByIdAsync(1), Is.EqualTo(5));
    }

    [Test]
    public async Task A_change_stamps_its_row_and_leaves_the_time_it_was_made()
    {
        await Counters.IncreaseCounterByIdAsync(1, 1);
        using var connection = Sqlite.Connect(_file);
        Assert.That(connection.QuerySingle<DateTime>("SELECT createdAt FROM Counters"), Is.EqualTo(DateTime.UtcNow).Within(TimeSpan.FromMinutes(1)));
        Assert.That(connection.QuerySingle<string>("SELECT createdAt FROM Counters"), Does.Match(@"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$"));
        foreach (var change in new Func<Task>[] { () => Counters.IncreaseCounterByIdAsync(1, 1), () => Counters.ClearCounterByIdAsync(1) })
        {
            connection.Execute("UPDATE Counters SET createdAt = '2025-12-01', updatedAt = '2025-12-01'");

            await change();

            var (made, changed) = connection.QuerySingle<(string, DateTime)>("SELECT createdAt, updatedAt FROM Counters");
            Assert.That(made, Is.EqualTo("2025-12-01"));
            Assert.That(changed, Is.EqualTo(DateTime.UtcNow).Within(TimeSpan.FromMinutes(1)));
        }
    }
}
