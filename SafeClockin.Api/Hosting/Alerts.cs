using System.Globalization;
using SafeClockin.Api.Auth;
using SafeClockin.Data;
using SafeClockin.Domain;
using SafeClockin.Domain.Alerts;

namespace SafeClockin.Api.Hosting;

/// <summary>Alerts, and what has them sent: a timer in every process, and one outside that calls.</summary>
internal static class Alerts
{
    private static readonly Setting TimeOfDay = new(
        "ALERT_TIME", "09:00", "from when on, each day in China, guardians are told of a missed day");

    /// <summary>The settings that are read here.</summary>
    public static IReadOnlyList<Setting> Settings => [TimeOfDay, .. SweepAuth.Settings];

    /// <summary>Has alerts sent from ALERT_TIME on, and whenever somebody calls who knows ALERT_SWEEP_SECRET.</summary>
    /// <exception cref="SettingException">One of the settings cannot be understood.</exception>
    public static void AddAlerts(this IHostApplicationBuilder builder)
    {
        var timeOfDay = ReadTime(builder.Configuration.Read(TimeOfDay));
        SweepAuth.AddTo(builder);
        builder.Services.AddSingleton(services => new AlertService(
            services.GetRequiredService<IAlertRepository>(),
            services.GetRequiredService<IAlertSender>(),
            timeOfDay,
            services.GetRequiredService<TimeProvider>()));
        builder.Services.AddSingleton<AlertSweeper>();
        builder.Services.AddHostedService(services => services.GetRequiredService<AlertSweeper>());
    }

    private static TimeOnly ReadTime(string text)
        => TimeOnly.TryParseExact(text, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time)
            ? time
            : throw new SettingException(TimeOfDay.Name, text, "a time of day like 09:00");
}
