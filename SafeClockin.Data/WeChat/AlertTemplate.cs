using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using SafeClockin.Domain;
using SafeClockin.Domain.Alerts;

namespace SafeClockin.Data.WeChat;

/// <summary>The message that guardians get, as the WX_ALERT_ variables say.</summary>
internal sealed partial class AlertTemplate
{
    public static readonly Setting IdVariable = new(
        "WX_ALERT_TEMPLATE_ID", "", "the subscription message's template; alerts are off until it is set");
    public static readonly Setting DataVariable = new(
        "WX_ALERT_DATA", "", "a JSON object from the template's fields to text with {ward}, {day} and {missedDays}");
    public static readonly Setting PageVariable = new(
        "WX_ALERT_PAGE", "pages/wards/wards", "the mini-program's page that the message opens");

    private const string Expected =
        """a JSON object like {"thing1":"{ward}","number2":"{missedDays}"}, with no placeholders but {ward}, {day} and {missedDays}""";

    /// <summary>The most characters that WeChat takes, by kind of field.</summary>
    private static readonly Dictionary<string, int> Limits = new()
    {
        ["thing"] = 20,
        ["name"] = 10, // 20 of letters alone
        ["phrase"] = 5,
        ["symbol"] = 5,
        ["number"] = 32,
        ["letter"] = 32,
        ["character_string"] = 32,
    };

    private readonly Dictionary<string, string> _fields;

    private AlertTemplate(string id, Dictionary<string, string> fields, string page)
    {
        Id = id;
        _fields = fields;
        Page = page;
    }

    /// <summary>The settings that are read here.</summary>
    public static IReadOnlyList<Setting> Settings => [IdVariable, DataVariable, PageVariable];

    /// <summary>Empty when there is no message to send.</summary>
    public string Id { get; }

    public string Page { get; }

    /// <summary>Which setting is missing, for the operator; null when none is, or there is no message to send.</summary>
    public string? ConfigurationError => Id.Length > 0 && _fields.Count == 0 ? $"{DataVariable.Name} is not set" : null;

    /// <summary>Reads and checks the WX_ALERT_ variables.</summary>
    /// <exception cref="SettingException">One of them cannot be understood.</exception>
    public static AlertTemplate From(IConfiguration settings)
        => new(settings.Read(IdVariable), ReadFields(settings.Read(DataVariable)), settings.Read(PageVariable));

    /// <summary>What the fields of a message say.</summary>
    public Dictionary<string, SubscribeMessageField> Fill(Alert alert)
        => _fields.ToDictionary(field => field.Key, field => new SubscribeMessageField(Fill(field.Key.TrimEnd(Digits), field.Value, alert)));

    private static char[] Digits { get; } = [.. "0123456789"];

    private static string Fill(string kind, string text, Alert alert)
    {
        if (!Limits.TryGetValue(kind, out var limit))
            return Fill(kind, text, alert, alert.Ward);

        // Of what is too long, the name is cut, and the rest only when that alone is too long.
        var names = Regex.Count(text, Regex.Escape("{ward}"));
        var room = names == 0 ? 0 : Math.Max(1, (limit - Fill(kind, text, alert, "").Length) / names);
        return Cut(Fill(kind, text, alert, Cut(alert.Ward, room)), limit);
    }

    private static string Fill(string kind, string text, Alert alert, string ward)
        => Placeholder().Replace(text, placeholder => placeholder.Value switch
        {
            "{ward}" => ward,
            "{day}" => alert.LastDay.ToString(kind is "date" or "time" ? "yyyy年M月d日" : "yyyy-MM-dd", CultureInfo.InvariantCulture),
            _ => alert.MissedDays.ToString(CultureInfo.InvariantCulture),
        });

    /// <summary>As many whole characters as fit; an ellipsis when not even one does, as WeChat refuses empty fields.</summary>
    /// <remarks>The limit is in UTF-16 units: however WeChat counts an emoji, it does not count more.</remarks>
    private static string Cut(string text, int limit)
    {
        var end = 0;
        while (end < text.Length && end + StringInfo.GetNextTextElementLength(text, end) is var next && next <= limit)
            end = next;
        return end > 0 || text.Length == 0 ? text[..end] : "…";
    }

    private static Dictionary<string, string> ReadFields(string json)
    {
        var fields = new Dictionary<string, string>();
        if (json.Length == 0)
            return fields;
        try
        {
            using var document = JsonDocument.Parse(json);
            foreach (var field in document.RootElement.EnumerateObject())
            {
                if (Braced().Matches(field.Value.GetString()!).All(match => Placeholder().IsMatch(match.Value))
                    && fields.TryAdd(field.Name, field.Value.GetString()!))
                {
                    continue;
                }

                throw new SettingException(DataVariable.Name, Expected);
            }

            return fields;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentNullException)
        {
            throw new SettingException(DataVariable.Name, Expected);
        }
    }

    [GeneratedRegex(@"\{(ward|day|missedDays)\}")]
    private static partial Regex Placeholder();

    [GeneratedRegex(@"\{\w*\}")]
    private static partial Regex Braced();
}
