using System.Diagnostics;
using Dapper;
using Microsoft.Data.Sqlite;
using SafeClockin.Data.Sqlite;
using SafeClockin.Domain;
using SafeClockin.Domain.Counters;
using SafeClockin.Tests.Servers;

namespace SafeClockin.Tests.Data;

/// <summary>What may befall the embedded file. Each is reported, nothing is lost, and it mends itself.</summary>
public sealed class SqliteFaultTests
{
    private readonly List<SqliteStore> _stores = [];
    private string _file;

    [SetUp]
    public void ChooseFile() => _file = Path.Combine(Workspace.NewFolder(), "计数.db");

    [TearDown]
    public void CloseAll()
    {
        _stores.ForEach(store => store.Dispose());
        _stores.Clear();
    }

    [Test]
    public async Task A_file_that_another_process_has_locked_is_waited_for_and_then_reported()
    {
        var counters = Counters(_file);
        await counters.IncreaseCounterByIdAsync(1, 5);
        using var other = Sqlite.Connect(_file);
        other.Execute("BEGIN IMMEDIATE;");

        var asked = Stopwatch.StartNew();
        await ExpectUnavailableAsync(() => counters.IncreaseCounterByIdAsync(1, 1), "locked");
        Assert.That(asked.Elapsed, Is.InRange(TimeSpan.FromSeconds(1.9), TimeSpan.FromSeconds(4.5)), "two, and what a busy machine needs");
        Assert.That(await counters.QueryCounterByIdAsync(1), Is.EqualTo(5), "a read needs no lock");

        other.Execute("COMMIT;");
        Assert.That(await counters.IncreaseCounterByIdAsync(1, 1), Is.EqualTo(new Increase(5, 6)));
    }

    [Test]
    public async Task A_file_that_is_no_database_is_reported_and_left_as_it_is()
    {
        var garbage = Enumerable.Repeat((byte)'x', 10_000).ToArray();
        await File.WriteAllBytesAsync(_file, garbage);
        var counters = Counters(_file);

        await ExpectUnavailableAsync(() => counters.IncreaseCounterByIdAsync(1, 1), "not a database");
        Assert.That(await File.ReadAllBytesAsync(_file), Is.EqualTo(garbage));

        File.Delete(_file);
        Assert.That(await counters.IncreaseCounterByIdAsync(1, 1), Is.EqualTo(new Increase(0, 1)));
    }

    [Test]
    public async Task A_folder_that_cannot_be_made_is_reported()
    {
        var counters = Counters("/proc/safeclockin/count.db");

        await ExpectUnavailableAsync(() => counters.IncreaseCounterByIdAsync(1, 1), "/proc/safeclockin");
        await ExpectUnavailableAsync(() => counters.QueryCounterByIdAsync(1), "/proc/safeclockin");
    }

    [Test]
    public async Task A_table_that_was_dropped_is_made_again()
    {
        var counters = Counters(_file);
        await counters.IncreaseCounterByIdAsync(1, 5);
        using (var other = Sqlite.Connect(_file))
            other.Execute("DROP TABLE Counters");

        Assert.That(await counters.IncreaseCounterByIdAsync(1, 1), Is.EqualTo(new Increase(0, 1)));
    }

    [Test]
    public async Task Whichever_call_finds_its_table_dropped_makes_it_again()
    {
        using var store = Sqlite.Open(_file);
        var (counters, clockIns, guardians) = (new SqliteCounterRepository(store), new SqliteClockInRepository(store), new SqliteGuardianRepository(store));
        var day = new DateOnly(2026, 11, 24);
        Func<Task>[] calls =
        [
            () => counters.QueryCounterByIdAsync(1),
            () => counters.IncreaseCounterByIdAsync(1, 1),
            () => counters.ClearCounterByIdAsync(1),
            () => clockIns.AddAsync([new("user", day, 1)]),
            () => clockIns.QueryLastAsync(["user"], day),
            () => clockIns.QueryDaysAsync("user", day, day),
            () => guardians.AddAsync(new("id", "ward", "我", [1], 2), 1),
            () => guardians.AcceptAsync([1], "guardian", "我", 1),
            () => guardians.QueryGuardiansAsync("ward", 1),
            () => guardians.QueryWardsAsync(["guardian"], day),
            () => guardians.DeleteGuardianAsync("ward", "id"),
            () => guardians.DeleteWardAsync("guardian", "id"),
            () => guardians.EraseAsync("ward"),
            () => guardians.ArmAsync("guardian", "id", 1),
            () => guardians.FindAsync(1, day, 1),
            () => guardians.PostponeAsync(["id"], 1, 2),
            () => guardians.ClaimAsync(["id"], Guid.NewGuid(), 1, 2),
            () => guardians.ReleaseAsync(Guid.NewGuid(), ["id"], [], 1),
            () => guardians.CountAsync(1, day, day),
        ];

        for (var i = 0; i < calls.Length; i++)
        {
            await store.RunAsync(connection => connection.Execute(
                "DROP TABLE IF EXISTS Counters; DROP TABLE IF EXISTS ClockIns; DROP TABLE IF EXISTS Guardians"));
            await Assert.ThatAsync(() => calls[i](), Throws.Nothing, $"call {i}");
        }
    }

    [Test]
    public async Task A_read_only_file_is_reported_and_nothing_is_lost()
    {
        await Counters(_file).IncreaseCounterByIdAsync(1, 5);
        CloseAll();
        var counters = Counters(_file);

        SetReadOnly(true);
        try
        {
            await ExpectUnavailableAsync(() => counters.IncreaseCounterByIdAsync(1, 1), "readonly");
        }
        finally
        {
            SetReadOnly(false);
        }

        Assert.That(await counters.IncreaseCounterByIdAsync(1, 1), Is.EqualTo(new Increase(5, 6)));
    }

    [Test]
    public async Task A_full_disk_is_reported_and_counting_goes_on_when_there_is_room_again()
    {
        var disk = Workspace.NewFolder();
        RunAsRoot("mount", "-t", "tmpfs", "-o", "size=2m", "none", disk);
        try
        {
            var counters = Counters(Path.Combine(disk, "count.db"));
            await counters.IncreaseCounterByIdAsync(1, 5);
            var filler = Path.Combine(disk, "filler");
            using (var file = File.Create(filler))
                Assert.Throws<IOException>(() => FillUp(file));

            await ExpectUnavailableAsync(() => counters.IncreaseCounterByIdAsync(1, 1), "full");
            Assert.That(await counters.QueryCounterByIdAsync(1), Is.EqualTo(5));

            File.Delete(filler);
            Assert.That(await counters.IncreaseCounterByIdAsync(1, 1), Is.EqualTo(new Increase(5, 6)));
        }
        finally
        {
            CloseAll();
            RunAsRoot("umount", disk);
        }
    }

    [TestCase("file")]
    [TestCase("file and log")]
    [TestCase("log")]
    public async Task A_file_that_was_deleted_while_in_use_is_noticed_before_anything_is_acknowledged(string what)
    {
        var counters = Counters(_file);
        await counters.IncreaseCounterByIdAsync(1, 5);
        if (what != "log")
            File.Delete(_file);
        if (what != "file")
            File.Delete(_file + "-wal");

        var acknowledged = await counters.IncreaseCounterByIdAsync(1, 1);

        Assert.That(acknowledged, Is.EqualTo(what == "log" ? new Increase(5, 6) : new Increase(0, 1)));
        CopyWhatADyingProcessLeaves(out var copy);
        Assert.That(await Counters(copy).QueryCounterByIdAsync(1), Is.EqualTo(acknowledged.After), "what another process finds");
    }

    [TestCase("")]
    [TestCase("-wal")]
    public async Task What_a_link_leads_to_is_noticed_to_be_deleted_as_the_file_itself(string suffix)
    {
        var file = Path.Combine(Workspace.NewFolder(), "counts.db");
        var link = Path.Combine(Workspace.NewFolder(), "link.db");
        File.CreateSymbolicLink(link, file);
        File.CreateSymbolicLink(_file, link);
        var counters = Counters(_file);
        await counters.IncreaseCounterByIdAsync(1, 5);

        File.Delete(file + suffix);
        var acknowledged = await counters.IncreaseCounterByIdAsync(1, 1);

        CopyWhatADyingProcessLeaves(file, out var copy);
        Assert.That(await Counters(copy).QueryCounterByIdAsync(1), Is.EqualTo(acknowledged.After), "what another process finds");
    }

    [Test]
    public async Task A_file_that_was_replaced_while_in_use_is_counted_on_in_and_so_is_its_log()
    {
        var other = Path.Combine(Workspace.NewFolder(), "other.db");
        await Counters(other).IncreaseCounterByIdAsync(1, 70);
        CopyWhatADyingProcessLeaves(other, out var backup);
        CloseAll();
        var counters = Counters(_file);
        await counters.IncreaseCounterByIdAsync(1, 5);

        File.Move(backup + "-wal", _file + "-wal", overwrite: true);
        File.Move(backup, _file, overwrite: true);
        File.Delete(_file + "-shm");

        Assert.That(await counters.QueryCounterByIdAsync(1), Is.EqualTo(70));
        Assert.That(await counters.IncreaseCounterByIdAsync(1, 1), Is.EqualTo(new Increase(70, 71)));
    }

    [TestCase("CREATE TABLE Counters (id INTEGER PRIMARY KEY, count INTEGER, createdAt TEXT, updatedAt TEXT)", "not STRICT")]
    [TestCase("CREATE TABLE Counters (id INTEGER, count INTEGER, createdAt TEXT, updatedAt TEXT) STRICT", "primary key is not id")]
    public async Task A_table_that_cannot_keep_the_promise_is_refused_by_name(string table, string flaw)
    {
        using (var other = Sqlite.Connect(_file))
            other.Execute($"{table}; INSERT INTO Counters (id, count) VALUES (1, 9223372036854775807)");
        var counters = Counters(_file);

        await ExpectUnavailableAsync(() => counters.IncreaseCounterByIdAsync(1, 1), flaw);
        await ExpectUnavailableAsync(() => counters.QueryCounterByIdAsync(1), "the table Counters cannot be used");
    }

    [Test]
    public async Task A_table_that_stays_missing_is_reported()
    {
        using var store = Sqlite.Open(_file);

        await ExpectUnavailableAsync(
            () => store.RunAsync(connection => connection.Execute("DELETE FROM Nowhere")).WaitAsync(TimeSpan.FromSeconds(20)),
            "no such table");
    }

    [Test]
    [Platform("Linux", Reason = "Both have the number 1 there.")]
    public void Files_of_one_number_on_two_devices_are_two()
        => Assert.That(FileIdentity.Find("/proc"), Is.Not.EqualTo(FileIdentity.Find("/sys")));

    [TestCase("")]
    [TestCase("-wal")]
    [Platform("Linux,MacOsX", Reason = "Windows does not let go of a file that is open.")]
    public async Task A_file_that_moves_while_it_is_written_is_noticed_before_that_is_acknowledged(string suffix)
    {
        using var store = Sqlite.Open(_file);
        await new SqliteCounterRepository(store).IncreaseCounterByIdAsync(1, 1);

        await ExpectUnavailableAsync(
            () => store.RunAsync(connection =>
            {
                connection.Execute("UPDATE Counters SET count = 2");
                File.Move(_file + suffix, _file + ".away");
                return true;
            }),
            "moved while it was in use");
    }

    [Test]
    public async Task Calls_that_fail_leave_nothing_open()
    {
        if (!OperatingSystem.IsLinux())
            Requirement.Missing("What a process has open is read from Linux's /proc.");
        await File.WriteAllTextAsync(_file, new string('x', 10_000));
        var counters = Counters(_file);
        for (var i = 0; i < 400; i++)
            await ExpectUnavailableAsync(() => counters.IncreaseCounterByIdAsync(1, 1), "not a database");

        Assert.That(
            Directory.EnumerateFiles("/proc/self/fd").Count(handle => new FileInfo(handle).LinkTarget?.StartsWith(_file) == true),
            Is.Zero);
    }

    [Test]
    public async Task Statements_that_failed_are_not_run_again()
    {
        using var store = Sqlite.Open(_file);
        var runs = 0;

        await ExpectUnavailableAsync(
            () => store.RunAsync<int>(_ => throw new SqliteException($"disk I/O error, run {++runs}", 10)), "run 1");
    }

    [Test]
    public async Task A_call_that_waits_too_long_for_earlier_ones_is_refused_and_the_next_one_runs()
    {
        using var store = Sqlite.Open(_file);
        var end = new TaskCompletionSource();
        var earlier = store.RunAsync(_ => end.Task.Wait(TimeSpan.FromMinutes(1)));

        var asked = Stopwatch.StartNew();
        await ExpectUnavailableAsync(() => store.RunAsync(_ => true), "Earlier calls take too long.");
        Assert.That(asked.Elapsed, Is.InRange(TimeSpan.FromSeconds(1.9), TimeSpan.FromSeconds(4.5)), "two, and what a busy machine needs");
        var next = store.RunAsync(_ => earlier.IsCompleted);
        await Task.WhenAny(next, Task.Delay(TimeSpan.FromMilliseconds(100))); // in which it would run, had the refused one given its turn
        end.SetResult();
        Assert.That(await earlier, Is.True);
        Assert.That(await next, Is.True, "after the earlier one, beside it at no time");
    }

    [Test]
    public async Task Calls_share_one_connection()
    {
        using var store = Sqlite.Open(_file);

        Assert.That(
            await store.RunAsync(connection => connection), Is.SameAs(await store.RunAsync(connection => connection)));
    }

    [Test]
    public async Task A_store_that_is_closed_leaves_everything_in_one_file()
    {
        await Counters(_file).IncreaseCounterByIdAsync(1, 5);
        Assert.That(File.Exists(_file + "-wal"), Is.True, "while it is open");
        _stores[^1].Dispose();

        Assert.That(File.Exists(_file + "-wal"), Is.False);
    }

    [Test]
    public async Task What_a_commit_stands_on_is_set_on_the_connection_that_commits()
    {
        using var store = Sqlite.Open(_file);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(await store.RunAsync(connection => connection.ExecuteScalar<string>("PRAGMA journal_mode")), Is.EqualTo("wal"));
            Assert.That(await store.RunAsync(connection => connection.ExecuteScalar<int>("PRAGMA synchronous")), Is.EqualTo(2), "FULL");
            Assert.That(await store.RunAsync(connection => connection.ExecuteScalar<int>("PRAGMA wal_autocheckpoint")), Is.EqualTo(1000), "pages, or the log would grow for ever");
        }
    }

    /// <summary>The file and its log as they are on the disk now, while the store has them open.</summary>
    private void CopyWhatADyingProcessLeaves(out string copy) => CopyWhatADyingProcessLeaves(_file, out copy);

    private static void CopyWhatADyingProcessLeaves(string file, out string copy)
    {
        copy = Path.Combine(Workspace.NewFolder(), "copy.db");
        foreach (var suffix in new[] { "", "-wal" })
        {
            if (File.Exists(file + suffix))
                File.Copy(file + suffix, copy + suffix);
        }
    }

    private SqliteCounterRepository Counters(string file)
    {
        _stores.Add(Sqlite.Open(file));
        return new(_stores[^1]);
    }

    private static void FillUp(FileStream file)
    {
        while (true)
        {
            file.Write(new byte[4096]);
            file.Flush();
        }
    }

    // Root writes to read-only files, too, unless they are immutable.
    private void SetReadOnly(bool isReadOnly)
    {
        if (Environment.UserName == "root")
            RunAsRoot("chattr", isReadOnly ? "+i" : "-i", _file);
        else
            MariaDb.Run("chmod", [isReadOnly ? "a-w" : "u+w", _file]);
    }

    private static void RunAsRoot(string program, params string[] arguments)
    {
        try
        {
            MariaDb.Run(program, arguments);
        }
        catch (InvalidOperationException e)
        {
            Assert.Ignore($"this machine does not allow {program}: {e.Message}");
        }
    }

    private static async Task ExpectUnavailableAsync(Func<Task> call, string because)
    {
        var failure = await Assert.ThrowsAsync<FailureException>(() => call());
        Assert.That(failure.Kind, Is.EqualTo(FailureKind.StoreUnavailable));
        Assert.That(failure.Message, Does.Contain(because));
    }
}
