using Dapper;
using SafeClockin.Data.MySql;
using SafeClockin.Data.Sqlite;
using SafeClockin.Domain;
using SafeClockin.Domain.Counters;
using SafeClockin.Tests.Servers;

namespace SafeClockin.Tests.Data;

/// <summary>What a table gets from its store, whichever that is.</summary>
public abstract class TableTests
{
    private static readonly byte[] Owner = [1, 0, 255];

    /// <summary>A table on an empty store.</summary>
    internal INoteRepository Notes { get; set; }

    /// <summary>Another table of the same store.</summary>
    internal ICounterRepository Counters { get; set; }

    [Test]
    public async Task It_is_made_when_it_is_first_needed()
    {
        Assert.That(await Notes.ListAsync(Owner), Is.Empty);
        await Notes.AddAsync(Owner, 1, "一");
        Assert.That(await Notes.ListAsync(Owner), Is.EqualTo(new[] { "一" }));
    }

    [Test]
    public async Task It_is_made_anew_unseen_when_it_was_dropped()
    {
        await Notes.AddAsync(Owner, 1, "一");
        await Execute("DROP TABLE Notes");

        await Notes.AddAsync(Owner, 2, "二");
        await Execute("DROP TABLE Notes");
        Assert.That(await Notes.ListAsync(Owner), Is.Empty);
    }

    [Test]
    public async Task A_key_identifies_a_row_byte_by_byte()
    {
        await Notes.AddAsync("a"u8.ToArray(), 1, "a");
        await Notes.AddAsync("A"u8.ToArray(), 1, "A");
        await Notes.AddAsync("a "u8.ToArray(), 1, "a and a blank");
        await Notes.AddAsync("a"u8.ToArray(), 1, "again");

        Assert.That(await Notes.ListAsync("a"u8.ToArray()), Is.EqualTo(new[] { "a" }));
    }

    [Test]
    public async Task What_it_cannot_hold_is_refused_and_the_next_call_is_served()
    {
        var failure = await Assert.ThrowsAsync<FailureException>(() => Notes.AddAsync(Owner, 1, new string('x', 21)));

        Assert.That(failure.Kind, Is.EqualTo(FailureKind.StoreUnavailable));
        await Notes.AddAsync(Owner, 1, "一");
        Assert.That(await Notes.ListAsync(Owner), Is.EqualTo(new[] { "一" }));
    }

    [Test]
    public async Task Tables_are_kept_apart_and_used_at_once()
    {
        await Task.WhenAll(Enumerable.Range(0, 50).SelectMany(i => new[]
        {
            Task.Run(() => Notes.AddAsync(Owner, i, $"{i}")),
            Task.Run(() => Counters.IncreaseCounterByIdAsync(1, 1)),
        }));

        Assert.That(await Notes.ListAsync(Owner), Is.EqualTo(Enumerable.Range(0, 50).Select(i => $"{i}")));
        Assert.That(await Counters.QueryCounterByIdAsync(1), Is.EqualTo(50));
    }

    /// <summary>Runs a statement as somebody else.</summary>
    protected abstract Task Execute(string sql);
}

public sealed class MySqlTableTests : TableTests
{
    private string _database;
    private MySqlStore _store;

    [SetUp]
    public void Open()
    {
        var settings = MySqlServer.NewDatabase();
        _database = settings["MYSQL_DATABASE"];
        _store = MySqlServer.Store(settings);
        (Notes, Counters) = (new MySqlNoteRepository(_store), new MySqlCounterRepository(_store));
    }

    [TearDown]
    public async Task CloseAsync() => await _store.DisposeAsync();

    protected override async Task Execute(string sql)
    {
        await using var connection = MySqlServer.Connect();
        await connection.ExecuteAsync($"USE {_database}; {sql}");
    }
}

public sealed class SqliteTableTests : TableTests
{
    private string _file;
    private SqliteStore _store;

    [SetUp]
    public void Open()
    {
        _file = Path.Combine(Workspace.NewFolder(), "tables.db");
        _store = Sqlite.Open(_file);
        (Notes, Counters) = (new SqliteNoteRepository(_store), new SqliteCounterRepository(_store));
    }

    [TearDown]
    public void Close() => _store.Dispose();

    protected override async Task Execute(string sql)
    {
        await using var connection = Sqlite.Connect(_file);
        await connection.ExecuteAsync(sql);
    }
}
