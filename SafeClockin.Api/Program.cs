using dotenv.net;
using SafeClockin.Api;
using SafeClockin.Api.Auth;
using SafeClockin.Api.Envelopes;
using SafeClockin.Data;
using SafeClockin.Domain;
using SafeClockin.Domain.Counters;
using SafeClockin.Domain.Login;

try
{
    // Settings: the environment first, then .env in the working directory.
    if (File.Exists(".env"))
        DotEnv.Load(new DotEnvOptions(ignoreExceptions: false, envFilePaths: [".env"], overwriteExistingVars: false));

    if (args is [Healthcheck.Argument])
        return await Healthcheck.RunAsync();

    // The views and static files lie beside the program, wherever it is started from.
    var builder = WebApplication.CreateBuilder(new WebApplicationOptions
    {
        Args = args,
        ContentRootPath = AppContext.BaseDirectory,
    });
    builder.AddHttpServer();
    builder.AddLogging();
    builder.AddTelemetry();

    // The layers: controllers call the domain's services, which go through the ports that Data implements.
    var store = builder.AddData();
    builder.Services.AddSingleton(TimeProvider.System);
    builder.Services.AddSingleton<CounterService>();
    builder.Services.AddSingleton<LoginService>();
    builder.AddTokenAuth();
    builder.AddLoginRateLimit();
    builder.Services.AddControllersWithViews().RemoveTempData().AddEnvelopes();

    var app = builder.Build();
    app.Logger.LogInformation("Counting in {Store}", store);
    _ = Task.Run(app.WakeStoreAsync);

    // Every request is logged with its final status, so the log stands outside of what turns failures into answers.
    app.UseRequestLog();
    app.UseSecurityHeaders();
    app.UseEnvelopes();
    app.UseAssets();
    app.UseLoginRateLimit();
    app.UseAuthentication();
    app.UseAuthorization();
    app.MapControllers();
    app.MapApiPage();

    await app.RunAsync();
    return 0;
}
catch (Exception e) when (e is SettingException or IOException or FormatException)
{
    // A setting, or an address that cannot be listened on: one line says it all.
    await Console.Error.WriteLineAsync(e.Message);
    return 1;
}
