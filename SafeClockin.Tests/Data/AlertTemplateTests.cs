using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using SafeClockin.Data.WeChat;
using SafeClockin.Domain;
using SafeClockin.Domain.Alerts;
using SafeClockin.Tests.Servers;

namespace SafeClockin.Tests.Data;

/// <summary>What the fields of a message say, within WeChat's limits.</summary>
public sealed class AlertTemplateTests
{
    [TestCase("thing1", "{ward}", "妈妈", "妈妈")]
    [TestCase("thing1", "{ward}，{ward}", "妈妈", "妈妈，妈妈")]
    [TestCase("thing1", "{day} {missedDays}", "妈妈", "2026-11-09 12")]
    [TestCase("date2", "{day}", "妈妈", "2026年11月9日")]
    [TestCase("time20", "{day}", "妈妈", "2026年11月9日")]
    [TestCase("thing1", "{ward}", "{day}{missedDays}", "{day}{missedDays}")]
    [TestCase("thing1", "{ward}", "一二三四五六七八九十一二三四五六七八九十", "一二三四五六七八九十一二三四五六七八九十")]
    [TestCase("thing1", "请联系{ward}！", "一二三四五六七八九十一二三四五六七八九十", "请联系一二三四五六七八九十一二三四五六！")]
    [TestCase("thing1", "{ward}和{ward}", "一二三四五六七八九十", "一二三四五六七八九和一二三四五六七八九")]
    [TestCase("name1", "{ward}", "一二三四五六七八九十一", "一二三四五六七八九十")]
    [TestCase("phrase1", "{ward}", "一二三四五六", "一二三四五")]
    [TestCase("character_string3", "{ward}", "一二三四五六七八九十一二三四五六七八九十", "一二三四五六七八九十一二三四五六七八九十")]
    [TestCase("character_string3", "{day} {day} {day} {day}", "妈妈", "2026-11-09 2026-11-09 2026-11-09")]
    [TestCase("letter1", "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJ", "妈妈", "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEF")]
    [TestCase("number1", "{missedDays}0000000000000000000000000000000", "妈妈", "12000000000000000000000000000000")]
    [TestCase("symbol1", "+-*/=%", "妈妈", "+-*/=")]
    [TestCase("thing1", "{ward}", "一二三四五六七八九十一二三四五六七八九👩‍👧", "一二三四五六七八九十一二三四五六七八九")]
    [TestCase("thing1", "{ward}", "👩‍👧👩‍👧👩‍👧👩‍👧👩‍👧", "👩‍👧👩‍👧👩‍👧👩‍👧")]
    [TestCase("phrase1", "{ward}", "👨🏽‍👩🏽‍👧🏽‍👦🏽", "…")]
    [TestCase("thing1", "{ward}已经有很多天没有打卡了请你尽快联系她好吗", "妈妈", "妈已经有很多天没有打卡了请你尽快联系她好")]
    [TestCase("thing1", "这一句话本身就已经超过了二十个字所以后面的会被截掉{ward}", "妈妈", "这一句话本身就已经超过了二十个字所以后面")]
    public void A_field_is_filled_and_a_name_too_long_for_it_is_cut_between_characters(string field, string text, string ward, string filled)
    {
        var template = Read(new Dictionary<string, string> { [field] = text });

        Assert.That(template.Fill(new Alert(ward, new(2026, 11, 9), 12))[field].Value, Is.EqualTo(filled));
    }

    [TestCase("{")]
    [TestCase("[]")]
    [TestCase("1")]
    [TestCase("null")]
    [TestCase("\"{ward}\"")]
    [TestCase("""{"thing1":1}""")]
    [TestCase("""{"thing1":null}""")]
    [TestCase("""{"thing1":{"value":"{ward}"}}""")]
    [TestCase("""{"thing1":"{name}"}""")]
    [TestCase("""{"thing1":"{Ward}"}""")]
    [TestCase("""{"thing1":"{姓名}"}""")]
    [TestCase("""{"thing1":"{missed_days}"}""")]
    [TestCase("""{"thing1":"{day2}"}""")]
    [TestCase("""{"thing1":"{ward} {name}"}""")]
    [TestCase("""{"thing1":"a","thing1":"b"}""")]
    public void What_is_no_object_of_texts_with_known_placeholders_is_refused(string json)
    {
        var refusal = Assert.Throws<SettingException>(() => Read(json));

        Assert.That(refusal.Message, Does.StartWith("WX_ALERT_DATA cannot be understood"));
    }

    [Test]
    public void Without_fields_the_operator_is_told_and_without_a_template_there_is_nothing_to_tell()
    {
        Assert.That(Read("").ConfigurationError, Is.EqualTo("WX_ALERT_DATA is not set"));
        Assert.That(AlertTemplate.From(new ConfigurationBuilder().Build()).ConfigurationError, Is.Null);
    }

    [TestCase(null)]
    [TestCase(" ")]
    public void Without_a_page_the_message_opens_the_wards(string? page)
        => Assert.That(
            AlertTemplate.From(new ConfigurationBuilder().AddInMemoryCollection([new("WX_ALERT_PAGE", page)]).Build()).Page,
            Is.EqualTo("pages/wards/wards"));

    [Test]
    public void The_page_that_is_set_is_the_one_that_is_opened()
        => Assert.That(
            AlertTemplate.From(new ConfigurationBuilder().AddInMemoryCollection([new("WX_ALERT_PAGE", "pages/a/b?c=d")]).Build()).Page,
            Is.EqualTo("pages/a/b?c=d"));

    [TestCase(".env.example")]
    [TestCase("docs/alerts.md")]
    [TestCase("docs/alerts.zh-CN.md")]
    public void An_example_that_an_operator_copies_is_understood(string file)
    {
        var example = Regex.Match(Repository.Read(file), "WX_ALERT_DATA='(.+)'").Groups[1].Value;

        Assert.That(
            Read(example).Fill(new Alert("妈妈", new(2026, 11, 9), 2)).Values.Select(field => field.Value),
            Does.Contain("妈妈").And.Contain("2026年11月9日").And.Some.StartsWith("已有2天没打卡"));
    }

    private static AlertTemplate Read(Dictionary<string, string> fields) => Read(System.Text.Json.JsonSerializer.Serialize(fields));

    private static AlertTemplate Read(string json)
        => AlertTemplate.From(new ConfigurationBuilder()
            .AddInMemoryCollection([new("WX_ALERT_TEMPLATE_ID", "id"), new("WX_ALERT_DATA", json)])
            .Build());
}
