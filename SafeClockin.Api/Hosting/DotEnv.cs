using System.Text;
using SafeClockin.Domain;

namespace SafeClockin.Api.Hosting;

/// <summary>Settings from a file, read as docker compose reads it, but for <c>$</c>, which stands for itself.</summary>
internal static class DotEnv
{
    private const int LargestFile = 64 * 1024;

    // For a file that never ends or never begins: a pipe, a folder on a server that is away.
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    /// <summary>Sets what the file says in the environment, except for what is set there already.</summary>
    /// <exception cref="IOException">The file is there and cannot be read.</exception>
    /// <exception cref="SettingException">One of its lines is no setting.</exception>
    public static async Task LoadAsync(string file)
    {
        if (!Path.Exists(file))
            return;
        foreach (var (name, value) in Parse(file, await ReadAsync(file)))
        {
            if (Environment.GetEnvironmentVariable(name) is null)
                Environment.SetEnvironmentVariable(name, value);
        }
    }

    /// <summary>The settings of a file's text; the last of two of one name counts.</summary>
    /// <param name="file">What to call the file.</param>
    /// <param name="text">What it holds.</param>
    /// <exception cref="SettingException">A line is neither <c>NAME=value</c> nor blank nor a comment.</exception>
    public static Dictionary<string, string> Parse(string file, ReadOnlySpan<byte> text)
    {
        var settings = new Dictionary<string, string>();
        if (text.StartsWith(Encoding.UTF8.Preamble))
            text = text[Encoding.UTF8.Preamble.Length..];
        var number = 0;
        foreach (var range in text.Split((byte)'\n'))
        {
            number++;
            if (!TryParse(text[range], settings))
                throw new SettingException($"{file}, line {number},", "NAME=value, in UTF-8 and with its quotes closed");
        }

        return settings;
    }

    private static async Task<byte[]> ReadAsync(string file)
    {
        try
        {
            var text = await Task.Run(() => ReadStart(file)).WaitAsync(Timeout);
            return text.Length <= LargestFile ? text : throw new IOException("it is larger than 64 KB");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or TimeoutException)
        {
            throw new IOException($"{file} cannot be read: {e.Message}", e);
        }
    }

    private static byte[] ReadStart(string file)
    {
        using var stream = File.OpenRead(file);
        var buffer = new byte[LargestFile + 1];
        return buffer[..stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false)];
    }

    private static bool TryParse(ReadOnlySpan<byte> bytes, Dictionary<string, string> settings)
    {
        string line;
        try
        {
            line = Strict.GetString(bytes).Trim();
        }
        catch (DecoderFallbackException)
        {
            return false;
        }

        if (line.Length == 0 || line[0] == '#')
            return true;
        const string Export = "export ";
        if (line.StartsWith(Export, StringComparison.Ordinal))
            line = line[Export.Length..];
        if (line.IndexOf('=', StringComparison.Ordinal) is var equals && equals < 0)
            return false;
        var name = line[..equals].Trim();
        if (!IsName(name) || ParseValue(line[(equals + 1)..].Trim()) is not { } value || value.Contains('\0', StringComparison.Ordinal))
            return false;
        settings[name] = value;
        return true;
    }

    private static bool IsName(string name)
        => name.Length > 0 && !char.IsAsciiDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-');

    /// <summary>The value behind the equals sign, without its quotes and the comment behind it; null when it has no end.</summary>
    private static string? ParseValue(string text)
    {
        if (text.Length == 0 || text[0] is not ('"' or '\''))
            return WithoutComment(text);

        var quote = text[0];
        var value = new StringBuilder();
        for (var i = 1; i < text.Length; i++)
        {
            if (text[i] == quote)
                return WithoutComment(text[(i + 1)..]).Length == 0 ? value.ToString() : null;
            var isEscape = text[i] == '\\' && i + 1 < text.Length && (quote == '"' || text[i + 1] == quote);
            value.Append(isEscape ? Unescape(text[++i]) : text[i].ToString());
        }

        return null;
    }

    private static string Unescape(char escaped) => escaped switch
    {
        'n' => "\n",
        'r' => "\r",
        't' => "\t",
        '"' or '\'' or '\\' or '$' => escaped.ToString(),
        _ => "\\" + escaped,
    };

    // Without a blank before it, # is part of the value.
    private static string WithoutComment(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '#' && (i == 0 || char.IsWhiteSpace(text[i - 1])))
                return text[..i].TrimEnd();
        }

        return text;
    }
}
