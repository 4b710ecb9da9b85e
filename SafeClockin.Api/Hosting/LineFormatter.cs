using System.Globalization;
using System.Text;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting;
using Serilog.Parsing;
using Serilog.Sinks.Async;

namespace SafeClockin.Api.Hosting;

/// <summary>
/// Makes each event one line of printable text, whatever clients, WeChat or the database put into it, and says how many
/// lines are missing.
/// </summary>
/// <param name="inner">How an event looks; JSON or text.</param>
/// <param name="showsExceptionBelow">Whether an exception follows in indented lines.</param>
/// <param name="dropped">What is missing.</param>
internal sealed class LineFormatter(ITextFormatter inner, bool showsExceptionBelow, DroppedLines dropped) : ITextFormatter
{
    public void Format(LogEvent logEvent, TextWriter output)
    {
        if (dropped.Take() is var missing and > 0)
            Write(DroppedLines.Report(missing), output);
        Write(logEvent, output);
    }

    /// <summary>A text without line ends and control characters: each stands there as JSON would write it.</summary>
    public static string Escape(string text)
    {
        if (!text.AsSpan().ContainsAnyExceptInRange(' ', '~')) // nearly always, and quickly found out
            return text;
        var line = new StringBuilder(text.Length + 16);
        foreach (var c in text)
        {
            if (IsPrintable(c))
                line.Append(c);
            else
                line.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
        }

        return line.ToString();
    }

    private void Write(LogEvent logEvent, TextWriter output)
    {
        using var line = new StringWriter(CultureInfo.InvariantCulture);
        inner.Format(logEvent, line);
        output.WriteLine(Escape(line.ToString().TrimEnd()));
        if (!showsExceptionBelow || logEvent.Exception is null)
            return;
        foreach (var part in logEvent.Exception.ToString().Split('\n', StringSplitOptions.TrimEntries))
            output.WriteLine("    " + Escape(part));
    }

    // Formats turn text around or hide it; the two separators end a line for some readers.
    private static bool IsPrintable(char c)
        => c < 0x7f ? c >= ' '
            : char.GetUnicodeCategory(c) is not (UnicodeCategory.Control or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}

/// <summary>Writes lines to stdout, as many at once as there are.</summary>
/// <remarks>
/// It has a thread of its own, which rests when everything is written: to wake it up for each line would cost a request
/// more than making the line.
/// </remarks>
internal sealed class LineWriter(ITextFormatter format, DroppedLines queue) : ILogEventSink, IDisposable
{
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(10);

    private readonly StreamWriter _output = new(Console.OpenStandardOutput(), bufferSize: 16_384);

    public void Emit(LogEvent logEvent)
    {
        format.Format(logEvent, _output);
        if (!queue.IsEmpty)
            return;
        _output.Flush();
        Thread.Sleep(Rest);
    }

    public void Dispose() => _output.Dispose();
}

/// <summary>Knows how many lines the log has left out, because stdout did not take them.</summary>
internal sealed class DroppedLines : IAsyncLogEventSinkMonitor
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private static readonly MessageTemplate Template =
        new MessageTemplateParser().Parse("{Count} lines are missing here: stdout did not take them in time");

    private IAsyncLogEventSinkInspector? _queue;
    private long _told;
    private long _toldAt;

    public void StartMonitoring(IAsyncLogEventSinkInspector inspector) => _queue = inspector;

    public void StopMonitoring(IAsyncLogEventSinkInspector inspector)
    {
    }

    /// <summary>Whether no line waits to be written.</summary>
    public bool IsEmpty => _queue is not { Count: > 0 };

    /// <summary>How many have been left out since the last call; 0 soon after one, so that reports stay few.</summary>
    public long Take()
    {
        var missing = (_queue?.DroppedMessagesCount ?? 0) - _told;
        if (missing == 0 || Environment.TickCount64 - _toldAt < Pause.TotalMilliseconds)
            return 0;
        _told += missing;
        _toldAt = Environment.TickCount64;
        return missing;
    }

    /// <summary>The line that stands in for them.</summary>
    public static LogEvent Report(long count)
        => new(DateTimeOffset.Now, LogEventLevel.Warning, null, Template, [new("Count", new ScalarValue(count))]);
}
