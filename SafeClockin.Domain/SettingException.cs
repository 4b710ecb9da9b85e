namespace SafeClockin.Domain;

/// <summary>A setting that cannot be understood: the service does not start.</summary>
/// <remarks>The message is one line for the operator: variable, what it held unless that may be a secret, what is expected.</remarks>
public sealed class SettingException : Exception
{
    private const int LongestShown = 64;
    private const string AlsoShown = "._-,:;/[]* ";

    /// <summary>Refuses a setting that holds no secret when it is right.</summary>
    /// <param name="variable">Name of the environment variable.</param>
    /// <param name="held">
    /// What it held; shown when it is short and has the characters of words, numbers and addresses alone. Somebody may have
    /// put a URL with its password there.
    /// </param>
    /// <param name="expected">What would have been understood.</param>
    public SettingException(string variable, string held, string expected)
        : base(IsHarmless(held) ? $"{variable} is \"{held}\"; expected {expected}" : Describe(variable, expected))
    {
    }

    /// <summary>Refuses a setting that may hold a password or a key.</summary>
    /// <param name="variable">Name of the environment variable.</param>
    /// <param name="expected">What would have been understood.</param>
    public SettingException(string variable, string expected)
        : base(Describe(variable, expected))
    {
    }

    private static string Describe(string variable, string expected)
        => $"{variable} cannot be understood (it is not shown, as it may hold a secret); expected {expected}";

    private static bool IsHarmless(string held)
        => held.Length <= LongestShown
            && held.All(c => char.IsLetterOrDigit(c) || AlsoShown.Contains(c, StringComparison.Ordinal));
}
