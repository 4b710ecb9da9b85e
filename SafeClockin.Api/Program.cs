using SafeClockin.Api.Auth;
using SafeClockin.Api.Envelopes;
using SafeClockin.Api.Hosting;
using SafeClockin.Data;
using SafeClockin.Domain.ClockIns;
using SafeClockin.Domain.Counters;
using SafeClockin.Domain.Guardians;
using SafeClockin.Domain.Login;

try
{
    var (settings, command) = CommandLine.Parse(args, AllSettings.List);
    if (command is Command.Version or Command.Help)
    {
        Console.WriteLine(command == Command.Version ? ServiceVersion.Current : CommandLine.Describe(AllSettings.List));
        return 0;
    }

    // Settings: the command line first, then the environment, then .env in the working directory.
    await DotEnv.LoadAsync(".env");

    // The views and static files lie beside the program, wherever it is started from.
    var builder = WebApplication.CreateBuilder(new WebApplicationOptions
    {
        Args = settings,
        ContentRootPath = AppContext.BaseDirectory,
    });
    builder.CheckEnvironment();
    var addresses = ListenAddresses.Read(builder.Configuration);
    if (command == Command.Healthcheck)
        return await Healthcheck.RunAsync(addresses[0]);
    builder.AddHttpServer(addresses);
    builder.AddLogging();
    builder.AddTelemetry();

    // The layers: controllers call the domain's services, which go through the ports that Data implements.
    builder.AddData();
    builder.Services.AddSingleton(TimeProvider.System);
    builder.Services.AddSingleton<CounterService>();
    builder.Services.AddSingleton<ClockInService>();
    builder.Services.AddSingleton<GuardianService>();
    builder.Services.AddSingleton<LoginService>();
    builder.Services.AddHostedService<StoreWarmUp>();
    builder.AddTokenAuth();
    builder.AddAlerts();
    builder.AddLoginRateLimit();
    builder.Services.AddControllersWithViews().RemoveTempData().AddEnvelopes();

    var app = builder.Build();
    app.Logger.LogInformation("SafeClockin {Version}", ServiceVersion.Current);
    app.WarnOfMisspelt();

    // Every request is logged with its final status, so the log stands outside of what turns failures into answers.
    app.UseRequestLog();
    app.UseResponseHeaders();
    app.UseEnvelopes();
    app.UseAssets();
    app.UseUnreadableBodies();
    app.UseLoginRateLimit();
    app.UseAuthentication();
    app.UseAuthorization();
    app.MapControllers();
    app.MapApiPage();

    await app.ServeAsync(addresses);
    return 0;
}
catch (Exception e) when (e is not HostAbortedException) // which ends a start that tools only look at
{
    // A setting, or an address that cannot be listened on: one line says it all.
    await Console.Error.WriteLineAsync(LineFormatter.Escape(e.Message.Split('\n')[0].Trim()));
    return 1;
}
