using System.Globalization;
using SafeClockin.Data;
using SafeClockin.Domain;
using Serilog;
using Serilog.Events;
using Serilog.Formatting;
using Serilog.Formatting.Compact;
using Serilog.Formatting.Display;

namespace SafeClockin.Api.Hosting;

/// <summary>What the process logs, and how.</summary>
internal static class Logging
{
    private static readonly Setting Level = new(
        "LOG_LEVEL", "information", "debug, information (requests, too), warning or error");

    // The service itself, its log of requests, and where it listens.
    private static readonly string[] GoByLevel = ["SafeClockin", "Serilog.AspNetCore", "Microsoft.Hosting.Lifetime"];

    // Of what a client chose, so that ten thousand lines that wait to be written need little memory.
    private const int LongestText = 256;

    /// <summary>The settings that are read here.</summary>
    public static IReadOnlyList<Setting> Settings => [Level];

    /// <summary>
    /// Logs to stdout from LOG_LEVEL on: for people in Development, one JSON object a line everywhere else. Nobody waits
    /// for that; what stdout does not take in time is left out, and counted.
    /// </summary>
    /// <exception cref="SettingException">LOG_LEVEL cannot be understood.</exception>
    public static void AddLogging(this WebApplicationBuilder builder)
    {
        var level = ReadLevel(builder.Configuration.Read(Level));
        builder.Services.AddSerilog(
            log =>
            {
                // Of libraries no more than warnings, whatever LOG_LEVEL says: below, they repeat requests with their
                // query strings, where codes and WX_SECRET are.
                log.MinimumLevel.Is(AtLeast(LogEventLevel.Warning));
                foreach (var source in GoByLevel)
                    log.MinimumLevel.Override(source, level);
                // That a container has no place for encryption keys: a view asks for some, and never uses them.
                log.MinimumLevel.Override("Microsoft.AspNetCore.DataProtection", AtLeast(LogEventLevel.Error));
                // A failure to start is told in one line where it is caught.
                log.MinimumLevel.Override("Microsoft.Extensions.Hosting.Internal.Host", LogEventLevel.Fatal);

                var dropped = new DroppedLines();
                var formatter = FormatterFor(builder.Environment, dropped);
                log.WriteTo.Async(to => to.Sink(new LineWriter(formatter, dropped)), monitor: dropped);
            },
            preserveStaticLogger: true);

        LogEventLevel AtLeast(LogEventLevel least) => level > least ? level : least;
    }

    /// <summary>One line a request, with its path but without its query string.</summary>
    public static void UseRequestLog(this WebApplication app)
        => app.UseSerilogRequestLogging(log =>
        {
            log.Logger = app.Services.GetRequiredService<Serilog.ILogger>();
            log.GetLevel = (context, _, exception) =>
                exception is not null || context.Response.StatusCode >= 500 ? LogEventLevel.Error
                : context.Request.Path.StartsWithSegments("/health") ? LogEventLevel.Debug
                : LogEventLevel.Information;
            log.GetMessageTemplateProperties = (context, path, elapsed, status) =>
            [
                new("RequestMethod", new ScalarValue(Shorten(context.Request.Method))),
                new("RequestPath", new ScalarValue(Shorten(path))),
                new("StatusCode", new ScalarValue(status)),
                new("Elapsed", new ScalarValue(elapsed)),
            ];
        });

    /// <summary>For people in Development, one JSON object a line everywhere else.</summary>
    internal static ITextFormatter FormatterFor(IHostEnvironment environment, DroppedLines dropped)
        => environment.IsDevelopment()
            ? new LineFormatter(
                new MessageTemplateTextFormatter(
                    "[{Timestamp:HH:mm:ss} {Level:u3}] {Message:lj} {TraceId}", CultureInfo.InvariantCulture),
                showsExceptionBelow: true,
                dropped)
            : new LineFormatter(new CompactJsonFormatter(), showsExceptionBelow: false, dropped);

    private static LogEventLevel ReadLevel(string text) => text.ToLowerInvariant() switch
    {
        "debug" => LogEventLevel.Debug,
        "information" => LogEventLevel.Information,
        "warning" => LogEventLevel.Warning,
        "error" => LogEventLevel.Error,
        _ => throw new SettingException(Level.Name, text, "debug, information, warning or error"),
    };

    private static string Shorten(string text) => text.Length <= LongestText ? text : text[..LongestText] + "…";
}
