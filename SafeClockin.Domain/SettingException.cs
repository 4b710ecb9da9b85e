namespace SafeClockin.Domain;

/// <summary>A setting that cannot be understood: the service does not start.</summary>
/// <remarks>The message is one line for the operator: variable, what it held, what is expected.</remarks>
public sealed class SettingException : Exception
{
    /// <summary>Refuses a setting whose value may be shown.</summary>
    /// <param name="variable">Name of the environment variable.</param>
    /// <param name="held">What it held; never a secret.</param>
    /// <param name="expected">What would have been understood.</param>
    public SettingException(string variable, string held, string expected)
        : base($"{variable} is \"{held}\"; expected {expected}")
    {
    }
}
