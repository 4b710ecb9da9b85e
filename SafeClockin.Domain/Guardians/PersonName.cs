using System.Globalization;
using System.Text;

namespace SafeClockin.Domain.Guardians;

/// <summary>How somebody is called to somebody else, as they typed it.</summary>
public static class PersonName
{
    /// <summary>What a name must be, in the words of its refusal.</summary>
    public const string Rule = "名字应为1到20个字";

    /// <summary>The most code points that a name may have, which is what a store has to hold.</summary>
    public const int LongestInCodePoints = LongestInCharacters * LongestCharacterInCodePoints;

    private const int LongestInCharacters = 20;

    // An emoji of a family with four skin tones has eleven; hundreds of accents on one letter cover the lines around it.
    private const int LongestCharacterInCodePoints = 12;

    private static readonly Rune ZeroWidthJoiner = new('\u200d'); // which emoji are made of

    /// <summary>The name without surrounding blanks.</summary>
    /// <param name="typed">As it was typed; null when nothing was.</param>
    /// <exception cref="FailureException">
    /// It has none, or more than 20 characters as people count them, or some that cannot be seen.
    /// </exception>
    public static string Check(string? typed)
    {
        var name = (typed ?? "").Trim();
        var characters = 0;
        for (var rest = name.AsSpan(); rest.Length > 0; characters++)
        {
            var character = rest[..StringInfo.GetNextTextElementLength(rest)];
            var codePoints = 0;
            foreach (var rune in character.EnumerateRunes())
            {
                if (!IsSeen(rune) || (codePoints++ == 0 && Joins(rune)))
                    throw FailureException.Refused(Rule);
            }

            if (codePoints > LongestCharacterInCodePoints || characters == LongestInCharacters)
                throw FailureException.Refused(Rule);
            rest = rest[character.Length..];
        }

        return characters > 0 ? name : throw FailureException.Refused(Rule);
    }

    // Neither what controls a line or turns the text around it, nor half a surrogate pair, which is enumerated as this character.
    private static bool IsSeen(Rune rune)
        => rune == ZeroWidthJoiner || (rune != Rune.ReplacementChar
            && Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator));

    // What is drawn onto the character before it: by itself nothing is seen of it.
    private static bool Joins(Rune rune)
        => rune == ZeroWidthJoiner || Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark
            or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark;
}
