namespace SafeClockin.Domain;

/// <summary>A setting: an environment variable, declared where it is read.</summary>
/// <param name="Name">Name of the variable.</param>
/// <param name="Default">What is taken when it is not set; empty when that depends on other settings, or is nothing.</param>
/// <param name="Meaning">What it is for, in a line for the operator, which <c>--help</c> shows.</param>
public sealed record Setting(string Name, string Default, string Meaning)
{
    /// <summary>What the variable says.</summary>
    /// <param name="held">What it held; null when it is not set.</param>
    /// <returns>That without surrounding blanks; the default where nothing is left.</returns>
    /// <exception cref="SettingException">It is no UTF-8.</exception>
    public string Read(string? held)
        => ReadToTheLetter(held).Trim() is { Length: > 0 } value ? value : Default;

    /// <summary>What the variable says, which will be logged.</summary>
    /// <param name="held">What it held; null when it is not set.</param>
    /// <param name="expected">What would be understood.</param>
    /// <exception cref="SettingException">It is no UTF-8, or may hold a password: a URL, or like user:password@host or Password=….</exception>
    public string ReadName(string? held, string expected)
    {
        var name = Read(held);
        var colon = name.IndexOf(':', StringComparison.Ordinal);
        return name.Contains('=', StringComparison.Ordinal)
            || (colon >= 0 && (name[colon..].StartsWith("://", StringComparison.Ordinal) || name[colon..].Contains('@', StringComparison.Ordinal)))
            ? throw new SettingException(Name, expected)
            : name;
    }

    /// <summary>What the variable says, blanks included, which may be part of a secret.</summary>
    /// <param name="held">What it held; null when it is not set.</param>
    /// <returns>That, or the default when it is not set.</returns>
    /// <exception cref="SettingException">It is no UTF-8.</exception>
    public string ReadToTheLetter(string? held)
        // The platform reads every byte that is no UTF-8 as this one character: of a secret little would be left.
        => held?.Contains('\uFFFD', StringComparison.Ordinal) == true
            ? throw new SettingException(Name, "text in UTF-8")
            : held ?? Default;
}
