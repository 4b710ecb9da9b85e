using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Refit;
using SafeClockin.Data.MySql;
using SafeClockin.Data.Sqlite;
using SafeClockin.Data.WeChat;
using SafeClockin.Domain;
using SafeClockin.Domain.ClockIns;
using SafeClockin.Domain.Counters;
using SafeClockin.Domain.Login;

namespace SafeClockin.Data;

/// <summary>Registers everything that lies outside the process.</summary>
public static class DataServices
{
    private static readonly string[] MySqlVariables =
        [MySqlSettings.Username, MySqlSettings.Password, MySqlSettings.Address, MySqlSettings.Database];

    /// <summary>
    /// Chooses the store by <c>STORE</c>; without it MySQL in Production or when a MYSQL_ variable is set, otherwise
    /// the embedded file; and how to reach WeChat by the WX_ variables. Nothing is connected to yet: the service
    /// listens before its database is reachable.
    /// </summary>
    /// <returns>The same builder.</returns>
    /// <exception cref="SettingException">A setting cannot be understood.</exception>
    public static IHostApplicationBuilder AddData(this IHostApplicationBuilder builder)
    {
        builder.AddWeChat();
        var settings = builder.Configuration;
        return settings.Setting("STORE")?.ToLowerInvariant() switch
        {
            "mysql" => builder.AddMySql(),
            "sqlite" => builder.AddSqlite(),
            null when builder.Environment.IsProduction() || MySqlVariables.Any(name => settings[name] is { Length: > 0 })
                => builder.AddMySql(),
            null => builder.AddSqlite(),
            _ => throw new SettingException("STORE", settings["STORE"]!, "mysql or sqlite"),
        };
    }

    /// <summary>The value of a setting without surrounding blanks; null when it is not set, empty or blank.</summary>
    internal static string? Setting(this IConfiguration settings, string name)
        => settings[name]?.Trim() is { Length: > 0 } value ? value : null;

    private static IHostApplicationBuilder AddMySql(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton(MySqlSettings.From(builder.Configuration));
        builder.Services.AddSingleton<MySqlStore>();
        builder.Services.AddSingleton<ICounterRepository, MySqlCounterRepository>();
        builder.Services.AddSingleton<IClockInRepository, MySqlClockInRepository>();
        return builder;
    }

    private static IHostApplicationBuilder AddSqlite(this IHostApplicationBuilder builder)
    {
        var file = Path.GetFullPath(builder.Configuration.Setting("SQLITE_FILE") ?? "data/safeclockin.db");
        builder.Services.AddSingleton(services => new SqliteStore(file, services.GetRequiredService<ILogger<SqliteStore>>()));
        builder.Services.AddSingleton<ICounterRepository, SqliteCounterRepository>();
        builder.Services.AddSingleton<IClockInRepository, SqliteClockInRepository>();
        return builder;
    }

    private static void AddWeChat(this IHostApplicationBuilder builder)
    {
        var settings = WeChatSettings.From(builder.Configuration);
        builder.Services.AddSingleton(settings);
        builder.Services.AddSingleton<IWeChatClient, WeChatClient>();
        builder.Services.AddSingleton(services => new Lazy<IWeChatApi>(services.GetRequiredService<IWeChatApi>));
        builder.Services.AddRefitGeneratedClient<IWeChatApi>()
            .ConfigureHttpClient(http => http.BaseAddress = settings.BaseUrl)
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler
            {
                AllowAutoRedirect = false, // the query holds WX_SECRET, for WeChat alone
                UseCookies = false,
                // One client lives as long as the process: its connections follow the name's addresses by going.
                PooledConnectionLifetime = TimeSpan.FromMinutes(2),
                // A request on a connection that WeChat is about to close would fail, and not be sent again.
                PooledConnectionIdleTimeout = TimeSpan.FromSeconds(15),
            })
            .SetHandlerLifetime(Timeout.InfiniteTimeSpan)
            .AddHttpMessageHandler(() => new SingleRequestHandler())
            .RemoveAllLoggers(); // they show whole URLs when asked to by an environment variable
    }
}
