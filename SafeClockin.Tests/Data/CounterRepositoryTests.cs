using SafeClockin.Domain.Counters;

namespace SafeClockin.Tests.Data;

/// <summary>What every store keeps to.</summary>
public abstract class CounterRepositoryTests
{
    private const int Id = 1;

    /// <summary>The repository under test, on an empty store.</summary>
    internal ICounterRepository Counters { get; set; }

    [Test]
    public async Task A_row_that_was_never_counted_has_no_count()
        => Assert.That(await CountAsync(), Is.Null);

    [Test]
    public async Task The_first_increase_makes_the_row()
    {
        Assert.That(await Counters.IncreaseCounterByIdAsync(Id, 3), Is.EqualTo(new Increase(0, 3)));
        Assert.That(await CountAsync(), Is.EqualTo(3));
    }

    [Test]
    public async Task A_later_increase_adds_to_it()
    {
        await Counters.IncreaseCounterByIdAsync(Id, 3);

        Assert.That(await Counters.IncreaseCounterByIdAsync(Id, 4), Is.EqualTo(new Increase(3, 7)));
        Assert.That(await CountAsync(), Is.EqualTo(7));
    }

    [Test]
    public async Task Rows_count_apart()
    {
        await Counters.IncreaseCounterByIdAsync(Id, 3);
        await Counters.IncreaseCounterByIdAsync(2, 1);

        Assert.That(await CountAsync(), Is.EqualTo(3));
        Assert.That(await Counters.QueryCounterByIdAsync(2), Is.EqualTo(1));
    }

    [Test]
    public async Task A_cleared_row_counts_from_the_start()
    {
        await Counters.IncreaseCounterByIdAsync(Id, 3);
        await Counters.ClearCounterByIdAsync(Id);

        Assert.That(await CountAsync(), Is.Zero);
        Assert.That(await Counters.IncreaseCounterByIdAsync(Id, 1), Is.EqualTo(new Increase(0, 1)));
    }

    [Test]
    public async Task Clearing_a_row_that_is_not_there_does_nothing()
    {
        await Counters.ClearCounterByIdAsync(Id);

        Assert.That(await CountAsync(), Is.Null);
    }

    [Test]
    public async Task At_the_column_s_ceiling_as_much_is_added_as_fits_and_then_nothing()
    {
        await Counters.IncreaseCounterByIdAsync(Id, long.MaxValue - 3);

        Assert.That(await Counters.IncreaseCounterByIdAsync(Id, 5), Is.EqualTo(new Increase(long.MaxValue - 3, long.MaxValue)));
        Assert.That(await CountAsync(), Is.EqualTo(long.MaxValue));
        Assert.That(await Counters.IncreaseCounterByIdAsync(Id, 5), Is.EqualTo(new Increase(long.MaxValue, long.MaxValue)));
        Assert.That(await CountAsync(), Is.EqualTo(long.MaxValue));
    }

    [Test]
    public async Task A_first_increase_past_the_ceiling_adds_what_fits()
    {
        await Counters.IncreaseCounterByIdAsync(Id, long.MaxValue);

        Assert.That(await Counters.IncreaseCounterByIdAsync(Id, 1), Is.EqualTo(new Increase(long.MaxValue, long.MaxValue)));
    }

    [Test]
    public async Task Parallel_increases_are_all_kept_and_none_gets_another_s_value()
    {
        // As many as a slow disk can commit one by one while the last may still wait.
        var increases = await Task.WhenAll(
            Enumerable.Range(0, 50).Select(_ => Task.Run(() => Counters.IncreaseCounterByIdAsync(Id, 1))));

        Assert.That(increases, Is.EquivalentTo(Enumerable.Range(0, 50).Select(i => new Increase(i, i + 1))));
        Assert.That(await CountAsync(), Is.EqualTo(50));
    }

    [Test]
    public async Task Increases_and_clears_do_not_disturb_each_other()
    {
        var increases = Enumerable.Range(0, 40).Select(_ => Task.Run(() => Counters.IncreaseCounterByIdAsync(Id, 1)));
        var clears = Enumerable.Range(0, 10).Select(_ => Task.Run(() => Counters.ClearCounterByIdAsync(Id)));
        await Task.WhenAll(increases.Concat(clears));

        await Counters.ClearCounterByIdAsync(Id);
        Assert.That(await Counters.IncreaseCounterByIdAsync(Id, 1), Is.EqualTo(new Increase(0, 1)));
    }

    private Task<long?> CountAsync() => Counters.QueryCounterByIdAsync(Id);
}
