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
}
