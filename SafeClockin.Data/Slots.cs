namespace SafeClockin.Data;

/// <summary>
/// The places that somebody has for links. A unique key on who it is and the number of the place makes a limit hold, however
/// many calls arrive at once: one that is late finds its place taken.
/// </summary>
internal static class Slots
{
    /// <summary>A free place, at random so that calls at once seldom choose the same; null when there is none.</summary>
    public static int? Pick(IEnumerable<int> taken, int limit)
    {
        var free = Enumerable.Range(0, limit).Except(taken).ToArray();
        return free.Length > 0 ? Random.Shared.GetItems(free, 1)[0] : null;
    }
}
