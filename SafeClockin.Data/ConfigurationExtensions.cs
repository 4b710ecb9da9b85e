using Microsoft.Extensions.Configuration;
using SafeClockin.Domain;

namespace SafeClockin.Data;

/// <summary>Reads settings from the host's configuration.</summary>
public static class ConfigurationExtensions
{
    /// <summary>What a setting says.</summary>
    /// <param name="configuration">Where it is looked for, by its name.</param>
    /// <param name="setting">The setting.</param>
    /// <returns>That without surrounding blanks; its default where nothing is left.</returns>
    /// <exception cref="SettingException">It is no UTF-8.</exception>
    public static string Read(this IConfiguration configuration, Setting setting) => setting.Read(configuration[setting.Name]);
}
