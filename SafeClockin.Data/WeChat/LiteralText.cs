using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace SafeClockin.Data.WeChat;

/// <summary>Writes texts as they are and not as \uXXXX, which some of WeChat's services show to users.</summary>
/// <remarks>Every encoder of .NET writes an emoji so.</remarks>
internal sealed partial class LiteralText : JsonConverter<string>
{
    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetString();

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options)
        => writer.WriteRawValue($"\"{Reserved().Replace(value, sign => $"\\u{(int)sign.Value[0]:x4}")}\"");

    // https://www.rfc-editor.org/rfc/rfc8259#section-7
    [GeneratedRegex(@"[""\\\u0000-\u001f]")]
    private static partial Regex Reserved();
}
