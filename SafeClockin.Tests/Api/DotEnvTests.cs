using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using SafeClockin.Api.Hosting;
using SafeClockin.Domain;
using SafeClockin.Tests.Servers;

namespace SafeClockin.Tests.Api;

/// <summary>How .env is read: as people know it from docker compose.</summary>
public sealed class DotEnvTests
{
    [TestCase("A=b", "b")]
    [TestCase("A=", "")]
    [TestCase("A=b=c", "b=c")]
    [TestCase("  A = b c  ", "b c", Description = "blanks around name and value")]
    [TestCase("export A=b", "b")]
    [TestCase("A=b # comment", "b")]
    [TestCase("A=b\t# comment", "b")]
    [TestCase("A=b#c", "b#c", Description = "no comment without a blank")]
    [TestCase("A= # comment", "")]
    [TestCase("A=p$w${d}", "p$w${d}", Description = "unlike compose: a secret is taken to the letter")]
    [TestCase("""A="b # c" # comment""", "b # c")]
    [TestCase("A='b # c'", "b # c")]
    [TestCase("A=' b '", " b ")]
    [TestCase("A=''", "")]
    [TestCase("""A='p#w$d\n'""", """p#w$d\n""")]
    [TestCase("""A='it\'s'""", "it's")]
    [TestCase("""A="a\nb\rc" """, "a\nb\rc")]
    [TestCase("""A="a\"b\\c\td\$e\x" """, "a\"b\\c\td$e\\x")]
    [TestCase("""A=b"c""", "b\"c", Description = "a quote inside")]
    [TestCase("A=密码", "密码")]
    [TestCase("A=1\nA=2", "2", Description = "the last one counts")]
    public void A_line_sets_a_variable(string text, string value)
    {
        var windows = text.Replace("\n", "\r\n") + "\r\n";
        foreach (var written in new[] { text, "# a comment\n\n" + text + "\n", windows, "\ufeff" + text })
            Assert.That(Parse(written), Is.EqualTo(new Dictionary<string, string> { ["A"] = value }));
    }

    [TestCase("A1")]
    [TestCase("_")]
    [TestCase("logging__level.default-1")]
    public void A_name_is_of_letters_digits_and_signs(string name)
        => Assert.That(Parse(name + "=b"), Is.EqualTo(new Dictionary<string, string> { [name] = "b" }));

    [TestCase("A")]
    [TestCase("export A")]
    [TestCase("=b")]
    [TestCase("A B=c")]
    [TestCase("1A=b")]
    [TestCase("A: b")]
    [TestCase("A=\"b")]
    [TestCase("A='b")]
    [TestCase("A=\"b\\")]
    [TestCase("""A="b\" """)]
    [TestCase("A=\"b\"c")]
    [TestCase("A='b'c'")]
    [TestCase("A=b\0")]
    public void A_line_that_sets_nothing_is_refused_by_its_number_and_not_repeated(string line)
    {
        var refusal = Assert.Throws<SettingException>(() => Parse("# a comment\r\nB=1\r\n" + line + "\r\nC=2"));

        Assert.That(refusal.Message, Does.StartWith(".env, line 3,"));
        if (line.Length > 1)
            Assert.That(refusal.Message, Does.Not.Contain(line));
    }

    [Test]
    public void A_line_in_another_encoding_is_refused_by_its_number()
    {
        byte[] gbk = [.. "A=1\nB="u8, 0xc3, 0xdc, 0xc2, 0xeb];

        Assert.That(
            Assert.Throws<SettingException>(() => DotEnv.Parse(".env", gbk)).Message,
            Does.StartWith(".env, line 2,"));
        Assert.Throws<SettingException>(() => DotEnv.Parse(".env", Encoding.Unicode.GetBytes("\ufeffA=1")));
    }

    [Test]
    public void A_copy_of_the_example_changes_nothing_until_somebody_uncomments_a_line()
    {
        var example = Repository.Read(".env.example");
        Assert.That(Parse(example), Is.Empty);

        var shown = Parse(Regex.Replace(example, "^#(?=[A-Z_]+=)", "", RegexOptions.Multiline));
        Assert.That(
            AllSettings.List.Select(setting => setting.Name).Except(shown.Keys),
            Is.EquivalentTo(new[] { "ASPNETCORE_HTTP_PORTS", "ASPNETCORE_HTTPS_PORTS" }), "other ways to say ASPNETCORE_URLS");
        foreach (var setting in AllSettings.List.Where(setting => shown.ContainsKey(setting.Name) && setting.Default.Length > 0))
            Assert.That(shown[setting.Name], Is.EqualTo(setting.Default), setting.Name);
    }

    [Test]
    public async Task Every_setting_of_the_example_is_taken_as_it_stands_there()
    {
        var folder = Workspace.NewFolder();
        var lines = Repository.Read(".env.example").Split('\n').Select(line => Regex.Replace(line, "^#(?=[A-Z_]+=)", ""));
        await File.WriteAllLinesAsync(Path.Combine(folder, ".env"), lines.Append(new string('#', 55_000))); // and long comments

        var nobody = new Dictionary<string, string> { ["MYSQL_ADDRESS"] = $"127.0.0.1:{MariaDb.FreePort()}" };
        var (service, _) = await ServiceProcess.StartAsync(nobody, folder);
        using (service)
            Assert.That(service.Output, Does.Contain("database flask_demo"));
    }

    [Test]
    public async Task A_setting_in_env_file_counts_unless_the_environment_says_otherwise()
    {
        var folder = Workspace.NewFolder();
        await File.WriteAllTextAsync(
            Path.Combine(folder, ".env"),
            """
            # a comment
            MYSQL_ADDRESS = from-file:3307
            export MYSQL_DATABASE="from_file" # another
            MYSQL_PASSWORD='p#w$d'
            MYSQL_USER_NAME=x
            TRUSTED_PROXIES=gateway
            """);

        var (service, client) = await ServiceProcess.StartAsync(
            new Dictionary<string, string>
            {
                ["MYSQL_DATABASE"] = "from_environment",
                ["TRUSTED_PROXIES"] = "", // set, and by that kept from being refused
            },
            folder);
        using var _ = service;

        Assert.That(service.Output, Does.Contain("MySQL at from-file:3307, database from_environment"));
        Assert.That(service.Output, Does.Contain("MYSQL_USER_NAME is set, which means nothing; MYSQL_USERNAME would"));
    }

    [TestCase("echo 'STORE = sqlite' >.env; echo 'TOKEN SECRET-CANARY' >>.env", ".env, line 2,")]
    [TestCase("echo \"STORE=sqlite\nTOKEN_SECRET='SECRET-CANARY\" >.env", ".env, line 2,")]
    [TestCase(
        "echo STORE=sqlite >.env; chmod 000 .env; [ \"$(id -u)\" != 0 ] || exec setpriv --bounding-set=-dac_override,-dac_read_search \"$@\"",
        ".env cannot be read: ",
        Description = "without the right to read it, which root has otherwise")]
    [TestCase("mkdir .env", ".env cannot be read: ")]
    [TestCase("mkfifo .env", ".env cannot be read: ")]
    [TestCase("ln -s /dev/zero .env", ".env cannot be read: ")]
    [TestCase("head -c 65537 /dev/zero | tr '\\0' '#' > .env", ".env cannot be read: it is larger than 64 KB")]
    [TestCase("ln -s .env .env", ".env cannot be read: ", Description = "a link to itself")]
    [Platform("Linux,MacOsX")]
    public async Task A_file_that_cannot_be_read_or_understood_stops_the_start_with_one_line(string prepare, string line)
    {
        var began = Stopwatch.GetTimestamp();
        var (exitCode, output) = await ServiceProcess.RunToItsEndAsync(
            new Dictionary<string, string>(), shell: prepare + "; exec \"$@\"");

        Assert.That(exitCode, Is.EqualTo(1));
        Assert.That(Stopwatch.GetElapsedTime(began).TotalSeconds, Is.LessThan(12));
        Assert.That(output, Does.StartWith(line).And.Not.Contain("CANARY"));
        Assert.That(output.TrimEnd(), Does.Not.Contain("\n"));
    }

    private static Dictionary<string, string> Parse(string text) => DotEnv.Parse(".env", Encoding.UTF8.GetBytes(text));
}
