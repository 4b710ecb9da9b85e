using SafeClockin.Domain;

namespace SafeClockin.Api.Hosting;

/// <summary>What may stand on the command line: <c>--healthcheck</c>, and settings as <c>--NAME=value</c> or <c>--NAME value</c>.</summary>
internal static class CommandLine
{
    /// <summary>Makes the program a health check of the service beside it.</summary>
    public const string Healthcheck = "--healthcheck";

    // The framework's own, of which --urls and --environment are meant for people.
    private static readonly string[] HostSettings =
    [
        WebHostDefaults.ServerUrlsKey, WebHostDefaults.HttpPortsKey, WebHostDefaults.HttpsPortsKey, HostDefaults.EnvironmentKey,
        HostDefaults.ContentRootKey, HostDefaults.ApplicationKey, WebHostDefaults.WebRootKey,
    ];

    /// <summary>Refuses an argument that would have no effect.</summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="settings">The settings that the service reads.</param>
    /// <returns>The arguments that are settings; whether the program is asked to be a health check.</returns>
    /// <exception cref="SettingException">One is none of these.</exception>
    public static (string[] Settings, bool IsHealthcheck) Parse(string[] arguments, IEnumerable<Setting> settings)
    {
        var names = settings.Select(setting => setting.Name).Concat(HostSettings).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var rest = arguments.Where(argument => argument != Healthcheck).ToArray();
        for (var i = 0; i < rest.Length; i++)
        {
            var name = rest[i].Split('=')[0];
            var isSetting = name.StartsWith("--", StringComparison.Ordinal) && names.Contains(name[2..]);
            // The value is the next argument, unless it stands behind an equals sign.
            if (!isSetting || (name == rest[i] && ++i == rest.Length))
                throw new SettingException("An argument", name, $"{Healthcheck}, --urls=…, --environment=… or --NAME=… of a setting");
        }

        return (rest, rest.Length < arguments.Length);
    }
}
