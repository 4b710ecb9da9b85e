using System.Globalization;
using Serilog;
using Serilog.Events;
using Serilog.Formatting;
using Serilog.Formatting.Compact;
using Serilog.Formatting.Display;

namespace SafeClockin.Api.Hosting;

/// <summary>What the process logs, and how.</summary>
internal static class Logging
{
    // Of what a client chose, so that ten thousand lines that wait to be written need little memory.
    private const int LongestText = 256;

    /// <summary>
    /// Logs to stdout: for people in Development, one JSON object a line everywhere else. Nobody waits for that; what
    /// stdout does not take in time is left out, and counted.
    /// </summary>
    public static void AddLogging(this WebApplicationBuilder builder)
        => builder.Services.AddSerilog(
            log =>
            {
                // ASP.NET Core's own Information lines repeat the request log and hold query strings, where codes are.
                log.MinimumLevel.Override("Microsoft.AspNetCore", LogEventLevel.Warning);
                // Each refused connection with its stack; the request that it fails tells of it in one line.
                log.MinimumLevel.Override("MySqlConnector", LogEventLevel.Warning);
                // That a container has no place for encryption keys: a view asks for some, and never uses them.
                log.MinimumLevel.Override("Microsoft.AspNetCore.DataProtection", LogEventLevel.Error);
                // A failure to start is told in one line where it is caught.
                log.MinimumLevel.Override("Microsoft.Extensions.Hosting.Internal.Host", LogEventLevel.Fatal);

                var dropped = new DroppedLines();
                ITextFormatter format = builder.Environment.IsDevelopment()
                    ? new LineFormatter(
                        new MessageTemplateTextFormatter(
                            "[{Timestamp:HH:mm:ss} {Level:u3}] {Message:lj} {TraceId}", CultureInfo.InvariantCulture),
                        showsExceptionBelow: true,
                        dropped)
                    : new LineFormatter(new CompactJsonFormatter(), showsExceptionBelow: false, dropped);
                log.WriteTo.Async(to => to.Console(format), monitor: dropped);
            },
            preserveStaticLogger: true);

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

    private static string Shorten(string text) => text.Length <= LongestText ? text : text[..LongestText] + "…";
}
