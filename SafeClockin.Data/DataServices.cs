using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Refit;
using SafeClockin.Data.MySql;
using SafeClockin.Data.Sqlite;
using SafeClockin.Data.WeChat;
using SafeClockin.Domain;
using SafeClockin.Domain.Alerts;
using SafeClockin.Domain.ClockIns;
using SafeClockin.Domain.Counters;
using SafeClockin.Domain.Guardians;
using SafeClockin.Domain.Login;

namespace SafeClockin.Data;

/// <summary>Registers everything that lies outside the process.</summary>
public static class DataServices
{
    private static readonly Setting Store = new(
        "STORE", "", "mysql or sqlite; not set: sqlite in Development while no MYSQL_ variable is set, otherwise mysql");
    private static readonly Setting SqliteFile = new(
        "SQLITE_FILE", "data/safeclockin.db", "the embedded store's file, made when missing; for one process, on a local disk");
    private static readonly Setting[] MySqlVariables =
        [MySqlSettings.Address, MySqlSettings.Username, MySqlSettings.Password, MySqlSettings.Database];

    /// <summary>The settings that are read here.</summary>
    public static IReadOnlyList<Setting> Settings =>
    [
        Store, SqliteFile, .. MySqlVariables,
        WeChatSettings.AppIdVariable, WeChatSettings.SecretVariable, WeChatSettings.BaseUrlVariable, .. AlertTemplate.Settings,
    ];

    /// <summary>
    /// Chooses the store by <c>STORE</c>; without it the embedded file in Development when no MYSQL_ variable is set,
    /// otherwise MySQL: a forgotten setting shows as a database that does not answer, not as data that go with a container.
    /// And how to reach WeChat by the WX_ variables. Nothing is connected to yet: the service listens before its database
    /// is reachable.
    /// </summary>
    /// <returns>The same builder.</returns>
    /// <exception cref="SettingException">A setting cannot be understood.</exception>
    public static IHostApplicationBuilder AddData(this IHostApplicationBuilder builder)
    {
        builder.AddWeChat();
        var settings = builder.Configuration;
        return settings.Read(Store).ToLowerInvariant() switch
        {
            "mysql" => builder.AddMySql(),
            "sqlite" => builder.AddSqlite(),
            "" when builder.Environment.IsDevelopment() && !MySqlVariables.Any(variable => settings[variable.Name] is { Length: > 0 })
                => builder.AddSqlite(),
            "" => builder.AddMySql(),
            var other => throw new SettingException(Store.Name, other, "mysql or sqlite"),
        };
    }

    private static IHostApplicationBuilder AddMySql(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton(MySqlSettings.From(builder.Configuration));
        builder.Services.AddSingleton<MySqlStore>();
        builder.Services.AddSingleton<ICounterRepository, MySqlCounterRepository>();
        builder.Services.AddSingleton<IClockInRepository, MySqlClockInRepository>();
        builder.Services.AddSingleton<MySqlGuardianRepository>();
        builder.Services.AddSingleton<IGuardianRepository>(services => services.GetRequiredService<MySqlGuardianRepository>());
        builder.Services.AddSingleton<IAlertRepository>(services => services.GetRequiredService<MySqlGuardianRepository>());
        return builder;
    }

    private static IHostApplicationBuilder AddSqlite(this IHostApplicationBuilder builder)
    {
        var file = Path.GetFullPath(SqliteFile.ReadName(
            builder.Configuration[SqliteFile.Name], $"the path of a file like {SqliteFile.Default}"));
        builder.Services.AddSingleton(services => new SqliteStore(file, services.GetRequiredService<ILogger<SqliteStore>>()));
        builder.Services.AddSingleton<ICounterRepository, SqliteCounterRepository>();
        builder.Services.AddSingleton<IClockInRepository, SqliteClockInRepository>();
        builder.Services.AddSingleton<SqliteGuardianRepository>();
        builder.Services.AddSingleton<IGuardianRepository>(services => services.GetRequiredService<SqliteGuardianRepository>());
        builder.Services.AddSingleton<IAlertRepository>(services => services.GetRequiredService<SqliteGuardianRepository>());
        return builder;
    }

    private static void AddWeChat(this IHostApplicationBuilder builder)
    {
        var settings = WeChatSettings.From(builder.Configuration);
        builder.Services.AddSingleton(settings);
        builder.Services.AddSingleton<WeChatRequests>();
        builder.Services.AddSingleton<IWeChatClient, WeChatClient>();
        builder.Services.AddSingleton(AlertTemplate.From(builder.Configuration));
        builder.Services.AddSingleton<AccessTokens>();
        builder.Services.AddSingleton<IAlertSender, WeChatAlertSender>();
        builder.Services.AddSingleton(services => new Lazy<IWeChatApi>(services.GetRequiredService<IWeChatApi>));
        var json = SystemTextJsonContentSerializer.GetDefaultJsonSerializerOptions();
        json.Converters.Add(new LiteralText());
        builder.Services.AddRefitGeneratedClient<IWeChatApi>(new RefitSettings(new SystemTextJsonContentSerializer(json)))
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
