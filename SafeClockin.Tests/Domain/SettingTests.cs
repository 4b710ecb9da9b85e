using SafeClockin.Domain;

namespace SafeClockin.Tests.Domain;

/// <summary>What a setting says, and what is told of one that cannot be understood.</summary>
public sealed class SettingTests
{
    private static readonly Setting Name = new("A_NAME", "a default", "what it is for");

    [TestCase(null, "a default", "a default")]
    [TestCase("", "a default", "")]
    [TestCase(" \t ", "a default", " \t ")]
    [TestCase(" a value ", "a value", " a value ")]
    public void Blanks_around_it_count_where_it_is_taken_to_the_letter_alone(string? held, string value, string toTheLetter)
    {
        Assert.That((Name.Read(held), Name.ReadName(held, "a name")), Is.EqualTo((value, value)));
        Assert.That(Name.ReadToTheLetter(held), Is.EqualTo(toTheLetter));
    }

    [Test]
    public void Without_a_default_it_is_empty()
        => Assert.That(new Setting("A_NAME", "", "what it is for").Read(null), Is.Empty);

    [Test]
    public void What_is_no_UTF_8_is_refused_and_not_shown()
    {
        var refusal = Assert.Throws<SettingException>(() => Name.Read("secr\uFFFDt"));

        Assert.That(
            refusal.Message,
            Is.EqualTo("A_NAME cannot be understood (it is not shown, as it may hold a secret); expected text in UTF-8"));
    }

    [TestCase("mysql://root:secret@db")]
    [TestCase("mysql://root:secret@db:3306/x")]
    [TestCase("root:secret@db")]
    [TestCase("Server=db;Password=secret")]
    [TestCase("mysql://db/?password=secret@")]
    [TestCase("mysql://db")]
    [TestCase(":secret@db")]
    public void What_may_hold_a_password_is_no_name_and_is_not_shown(string held)
    {
        var refusal = Assert.Throws<SettingException>(() => Name.ReadName(held, "a name"));

        Assert.That(refusal.Message, Does.EndWith("; expected a name").And.Not.Contains("secret@"));
    }

    [TestCase("C:/data/safeclockin.db", Description = "a path on a drive")]
    [TestCase("app@server", Description = "as managed databases name accounts")]
    public void A_colon_or_an_at_sign_alone_is_part_of_a_name(string name)
        => Assert.That(Name.ReadName(name, "a name"), Is.EqualTo(name));

    [TestCase("many", true)]
    [TestCase("10.0.0.0/33, [::1]:80;*_-", true)]
    [TestCase("中文", true)]
    [TestCase("", true)]
    [TestCase("1234567890123456789012345678901234567890123456789012345678901234", true, Description = "64 characters")]
    [TestCase("12345678901234567890123456789012345678901234567890123456789012345", false, Description = "65 characters")]
    [TestCase("p@ss", false)]
    [TestCase("@", false)]
    [TestCase("a\nb", false)]
    public void A_short_word_is_shown_and_what_may_be_a_secret_is_not(string held, bool isShown)
        => Assert.That(
            new SettingException("A_NAME", held, "a number").Message,
            Is.EqualTo(isShown
                ? $"A_NAME is \"{held}\"; expected a number"
                : "A_NAME cannot be understood (it is not shown, as it may hold a secret); expected a number"));
}
