using SafeClockin.Domain;

namespace SafeClockin.Api.Hosting;

/// <summary>What the program is asked to do; of several, the last of these.</summary>
internal enum Command
{
    /// <summary>Serve, which it does when it is asked for nothing.</summary>
    Serve,

    /// <summary><c>--healthcheck</c>: ask the service beside it how it is.</summary>
    Healthcheck,

    /// <summary><c>--version</c>: tell which version it is.</summary>
    Version,

    /// <summary><c>--help</c>: tell what may stand on the command line.</summary>
    Help,
}

/// <summary>What may stand on the command line: a command, and settings as <c>--NAME=value</c> or <c>--NAME value</c>.</summary>
internal static class CommandLine
{
    private static readonly Dictionary<string, Command> Commands = new()
    {
        ["--healthcheck"] = Command.Healthcheck,
        ["--version"] = Command.Version,
        ["--help"] = Command.Help,
    };

    // The framework's own, of which --urls and --environment are meant for people.
    private static readonly string[] HostSettings =
    [
        WebHostDefaults.ServerUrlsKey, WebHostDefaults.HttpPortsKey, WebHostDefaults.HttpsPortsKey, HostDefaults.EnvironmentKey,
        HostDefaults.ContentRootKey, HostDefaults.ApplicationKey, WebHostDefaults.WebRootKey,
    ];

    /// <summary>Refuses an argument that would have no effect.</summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="settings">The settings that the service reads.</param>
    /// <returns>The arguments that are settings; what the program is asked to do.</returns>
    /// <exception cref="SettingException">One is none of these.</exception>
    public static (string[] Settings, Command Command) Parse(string[] arguments, IEnumerable<Setting> settings)
    {
        var names = settings.Select(setting => setting.Name).Concat(HostSettings).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var rest = arguments.Where(argument => !Commands.ContainsKey(argument)).ToArray();
        for (var i = 0; i < rest.Length; i++)
        {
            var name = rest[i].Split('=')[0];
            var isSetting = name.StartsWith("--", StringComparison.Ordinal) && names.Contains(name[2..]);
            // The framework's own have this prefix as environment variables alone.
            const string Prefix = "--ASPNETCORE_";
            if (isSetting && name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
                rest[i] = $"--{rest[i][Prefix.Length..]}";
            // The value is the next argument, unless it stands behind an equals sign.
            if (!isSetting || (!rest[i].Contains('=', StringComparison.Ordinal) && ++i == rest.Length))
            {
                throw new SettingException(
                    "An argument", name, $"{string.Join(", ", Commands.Keys)}, --urls=…, --environment=… or --NAME=… of a setting");
            }
        }

        return (rest, arguments.Select(argument => Commands.GetValueOrDefault(argument)).Prepend(Command.Serve).Max());
    }

    /// <summary>What <c>--help</c> says: every setting, with its default and its meaning.</summary>
    /// <param name="settings">The settings that the service reads.</param>
    public static string Describe(IEnumerable<Setting> settings)
        => $"""
            SafeClockin {ServiceVersion.Current}, a backend for WeChat mini-programs

            --healthcheck  asks the service that listens here how it is, and exits with 0 or 1
            --version      tells the version
            --help         tells this

            Settings, with their defaults: as environment variables, as lines of a file .env in the working directory, or as
            --NAME=value. The command line wins over the environment, and that over .env.

            {string.Join('\n', settings.Select(setting => $"{setting.Name}={setting.Default}\n    {setting.Meaning}"))}
            """;
}
