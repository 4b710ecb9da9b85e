using SafeClockin.Domain;
using SafeClockin.Domain.Guardians;

namespace SafeClockin.Tests.Domain;

/// <summary>Names are counted as people count them, and hold nothing that cannot be seen.</summary>
public sealed class PersonNameTests
{
    private const string Family = "👨‍👩‍👧‍👦";
    private const string FamilyOfFourSkins = "👨🏽‍👩🏽‍👧🏽‍👦🏽";

    [TestCase("妈妈", "妈妈")]
    [TestCase(" \t\u3000妈妈\u00a0\r\n", "妈妈", Description = "without surrounding blanks")]
    [TestCase("李 明", "李 明")]
    [TestCase("<b>&\"'", "<b>&\"'", Description = "text is text")]
    [TestCase("a\u0301\u0323", "a\u0301\u0323")]
    [TestCase("𠮷野", "𠮷野")]
    [TestCase("王\ue863", "王\ue863", Description = "a rare character, where fonts of its own have it")]
    [TestCase("王\U0003ffe0", "王\U0003ffe0", Description = "one that Unicode may have given by now")]
    [TestCase("❤️👍🏽🇨🇳" + Family, "❤️👍🏽🇨🇳" + Family)]
    [TestCase("محمد", "محمد")]
    public void A_name_is_kept_as_it_was_typed(string typed, string name)
        => Assert.That(PersonName.Check(typed), Is.EqualTo(name));

    [TestCase("x")]
    [TestCase("字")]
    [TestCase("𠮷")]
    [TestCase(Family)]
    [TestCase(FamilyOfFourSkins)]
    [TestCase("👩🏿‍❤️‍💋‍👨🏿")]
    [TestCase("🇨🇳")]
    [TestCase("e\u0301")]
    public void A_character_is_what_people_take_for_one(string character)
    {
        Assert.That(() => PersonName.Check(string.Concat(Enumerable.Repeat(character, 20))), Throws.Nothing);
        Assert.That(() => PersonName.Check(string.Concat(Enumerable.Repeat(character, 21))), IsRefused());
    }

    [TestCase(null)]
    [TestCase("")]
    [TestCase(" \u3000\t\n")]
    [TestCase("妈\u0000妈")]
    [TestCase("妈\n妈")]
    [TestCase("妈\u007f", TestName = "{m}(DEL)")] // whose own name no filter finds
    [TestCase("妈\u0085妈")]
    [TestCase("妈\u2028妈")]
    [TestCase("妈\u2029妈")]
    [TestCase("\u202eabc", Description = "turns the text around")]
    [TestCase("a\u2066b")]
    [TestCase("a\u200eb")]
    [TestCase("a\u200fb")]
    [TestCase("a\u061cb")]
    [TestCase("\u200b", Description = "cannot be seen")]
    [TestCase("a\u00adb")]
    [TestCase("\u200d")]
    [TestCase("\ufe0f")]
    [TestCase(" \u0301")]
    [TestCase("\u20dd", Description = "drawn around what stands before it")]
    [TestCase("\u0903")]
    [TestCase("\ufeff妈妈")]
    [TestCase("\ufffd")]
    public void What_is_empty_or_cannot_be_seen_is_no_name(string? typed)
        => Assert.That(() => PersonName.Check(typed), IsRefused());

    [Test]
    public void Half_a_character_is_no_name()
    {
        foreach (var half in new[] { "\ud800", "a\udc00", "\udc00\ud800" })
            Assert.That(() => PersonName.Check(half), IsRefused());
    }

    [Test]
    public void Accents_cannot_be_piled_up()
    {
        Assert.That(() => PersonName.Check("a" + new string('\u0301', 11)), Throws.Nothing);
        Assert.That(() => PersonName.Check("a" + new string('\u0301', 12)), IsRefused());
        Assert.That(() => PersonName.Check("a" + new string('\u0301', 5_000)), IsRefused());
    }

    private static NUnit.Framework.Constraints.Constraint IsRefused()
        => Throws.TypeOf<FailureException>().With.Property(nameof(FailureException.Kind)).EqualTo(FailureKind.Refused)
            .And.Message.EqualTo("名字应为1到20个字");
}
