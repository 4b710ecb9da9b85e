using System.Collections;
using SafeClockin.Api.Auth;
using SafeClockin.Data;
using SafeClockin.Domain;

namespace SafeClockin.Api.Hosting;

/// <summary>Every setting of the service. Each is declared where it is read.</summary>
internal static class AllSettings
{
    // Read by the framework itself.
    private static readonly Setting EnvironmentName = new(
        "ASPNETCORE_ENVIRONMENT", "Production", "Development on a developer's machine; --environment does the same");

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Setting> List { get; } =
    [
        .. DataServices.Settings, .. TokenSecret.Settings, .. CloudHostingAuth.Settings, .. LoginRateLimit.Settings, .. Alerts.Settings,
        .. Telemetry.Settings, .. Logging.Settings, .. ListenAddresses.Settings, EnvironmentName,
    ];

    /// <summary>Refuses what the framework would log as the environment's name and may hold a password.</summary>
    /// <exception cref="SettingException">It is no name.</exception>
    public static void CheckEnvironment(this WebApplicationBuilder builder)
    {
        if (!builder.Environment.EnvironmentName.Trim().All(c => char.IsLetterOrDigit(c) || c is '-' or '_' or '.'))
            throw new SettingException(EnvironmentName.Name, "a name like Production");
    }

    /// <summary>Logs a warning for each variable that was probably meant as one of them.</summary>
    public static void WarnOfMisspelt(this WebApplication app)
    {
        var variables = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(variable => (string)variable.Key);
        foreach (var warning in Misspelling.Find(variables, List))
            app.Logger.LogWarning("{Misspelt}", warning);
    }
}
