using SafeClockin.Domain;

namespace SafeClockin.Api.Hosting;

/// <summary>Finds variables that were meant as settings.</summary>
internal static class Misspelling
{
    /// <summary>A warning for each variable whose name is nearly that of a setting.</summary>
    /// <param name="variables">Names of the variables that are set.</param>
    /// <param name="settings">The settings that the service reads.</param>
    public static IEnumerable<string> Find(IEnumerable<string> variables, IReadOnlyCollection<Setting> settings)
        => from variable in variables
           where !settings.Any(setting => setting.Name.Equals(variable, StringComparison.OrdinalIgnoreCase))
           let meant = settings.FirstOrDefault(setting => IsNear(variable, setting.Name))
           where meant is not null
           select $"{variable} is set, which means nothing; {meant.Name} would";

    // One slip in a short name, two in a long one; and underscores are easily misplaced.
    private static bool IsNear(string variable, string name)
    {
        var (left, right) = (variable.ToUpperInvariant(), name.ToUpperInvariant());
        var slips = name.Length < 8 ? 1 : 2;
        return left.Replace("_", "", StringComparison.Ordinal) == right.Replace("_", "", StringComparison.Ordinal)
            || (Math.Abs(left.Length - right.Length) <= slips && Distance(left, right) <= slips);
    }

    /// <summary>How many letters have to be added, left out or changed to turn one text into the other (Levenshtein).</summary>
    private static int Distance(string left, string right)
    {
        var row = Enumerable.Range(0, right.Length + 1).ToArray();
        for (var i = 1; i <= left.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var changed = diagonal + (left[i - 1] == right[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(changed, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
}
