using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using SafeClockin.Api.Hosting;
using SafeClockin.Data.MySql;
using SafeClockin.Data.Sqlite;
using SafeClockin.Tests.Servers;

namespace SafeClockin.Tests.Docs;

/// <summary>What the documents say, held against what they speak of.</summary>
public sealed partial class DocumentTests
{
    // Two has too many words in Chinese.
    private static readonly (string English, string Chinese)[] NumberWords =
        [("three", "三"), ("four", "四"), ("five|fifty", "五"), ("six", "六"), ("seven", "七"), ("eight|eighths", "八"), ("nine", "九")];

    private static readonly string[] BuiltOrFetched = ["node_modules", "bin", "obj", "TestResults"];

    private static string[] Documents { get; } =
        [.. Find(Workspace.Repository).Select(file => Path.GetRelativePath(Workspace.Repository, file))];

    private static IEnumerable<string> ChineseDocuments => Documents.Where(file => file.EndsWith(".zh-CN.md", StringComparison.Ordinal));

    [TestCaseSource(nameof(Documents))]
    public void Every_link_leads_to_a_file_and_a_heading_that_are_there(string document)
    {
        foreach (var link in Links(Repository.Read(document)).Where(IsInside))
        {
            var (file, heading) = Follow(document, link);
            Assert.That(Path.Exists(file), Is.True, link);
            Assert.That(heading, link.Contains('#') ? Is.Not.Negative : Is.Null, link);
        }
    }

    [TestCaseSource(nameof(Documents))]
    public void Every_file_that_is_named_with_its_folder_is_there(string document)
        => Assert.That(
            PathInside().Matches(Repository.Read(document)).Select(match => match.Value)
                .Where(path => !Path.Exists(Path.Combine(Workspace.Repository, path))),
            Is.Empty);

    [TestCaseSource(nameof(Documents))]
    public void A_document_leads_to_others_in_its_own_language_where_there_are_any(string document)
    {
        var itself = WithoutLanguage(Path.GetFullPath(document, Workspace.Repository));
        foreach (var file in Links(Repository.Read(document)).Where(IsInside).Select(link => Follow(document, link).File))
        {
            var english = WithoutLanguage(file);
            if (english == itself)
                continue; // itself, or the same in the other language
            var chinese = Path.ChangeExtension(english, ".zh-CN.md");
            Assert.That(file, Is.EqualTo(ChineseDocuments.Contains(document) && File.Exists(chinese) ? chinese : english));
        }
    }

    [TestCaseSource(nameof(ChineseDocuments))]
    public void A_document_in_Chinese_has_in_each_paragraph_the_figures_names_and_links_of_the_one_in_English(string chinese)
    {
        var english = WithoutLanguage(chinese);

        Assert.That(Commands(chinese), Is.EqualTo(Commands(english)));
        Assert.That(Paragraphs(chinese).Select(text => Facts(chinese, text)), Is.EqualTo(Paragraphs(english).Select(text => Facts(english, text))));

        static IEnumerable<string> Commands(string document)
            => Blocks(Repository.Read(document)).Select(block => Regex.Replace(block, @"\s*# .*", ""));

        static IEnumerable<string> Paragraphs(string document)
            => Paragraph().Split(Fence().Replace(Repository.Read(document), ""))
                .Select(text => Regex.Replace(text.Trim(), @"\s+", " ")).Where(text => text.Length > 0);

        static string Facts(string document, string text)
            => string.Join(' ', [
                Regex.Match(text, @"^(#+|\||-|\d+\.)?").Value,
                .. Regex.Matches(Code().Replace(text, ""), @"\d+([,.]\d+)*( ?([kKMGT]B|ms)\b)?").Select(figure => figure.Value),
                .. Code().Matches(text).Select(code => code.Value).Distinct(),
                .. Links(text).Select(link => IsInside(link) ? WithoutLanguage(Follow(document, link).ToString()) : link),
                .. NumberWords.SelectMany(word => Enumerable.Repeat(word.Chinese, Regex.Count(Code().Replace(text, ""), $@"(?i)\b(?:{word.English})\b|{word.Chinese}"))),
                // For what is no figure, as in "for a minute".
                .. Enumerable.Repeat("minute", Regex.Count(text, "minute|分钟")),
                .. Enumerable.Repeat("hour", Regex.Count(text, "hour|小时")),
            ]);
    }

    [Test]
    public void A_command_that_runs_some_tests_names_some_that_there_are()
    {
        var tests = typeof(DocumentTests).Assembly.GetTypes()
            .SelectMany(type => type.GetMethods().Select(method => (method.Name, FullyQualifiedName: $"{type.FullName}.{method.Name}"))).ToList();
        var filters = Documents.Select(Repository.Read).SelectMany(text => Filter().Matches(text)).ToList();

        Assert.That(filters, Is.Not.Empty);
        foreach (var filter in filters)
        {
            var names = tests.Select(test => filter.Groups[1].Value == "Name" ? test.Name : test.FullyQualifiedName);
            Assert.That(names, filter.Groups[2].Value == "=" ? Has.Some.EqualTo(filter.Groups[3].Value) : Has.Some.Contains(filter.Groups[3].Value), filter.Value);
        }
    }

    [TestCase("README.md")]
    [TestCase("README.zh-CN.md")]
    public void A_README_is_read_in_a_few_minutes(string readme)
        => Assert.That(Repository.Read(readme).Count(c => c == '\n'), Is.LessThanOrEqualTo(150));

    [TestCase("README.md")]
    [TestCase("README.zh-CN.md")]
    [Platform("Linux")]
    public async Task The_first_calls_of_a_README_are_answered_as_it_says(string readme)
    {
        if (!File.Exists("/usr/bin/curl") || !File.Exists("/usr/bin/openssl"))
            Requirement.Missing("curl or openssl is not installed");
        const string Address = "http://localhost:8080/";
        var profile = JsonDocument.Parse(Repository.Read("SafeClockin.Api/Properties/launchSettings.json")).RootElement // which `dotnet run` obeys
            .GetProperty("profiles").EnumerateObject().First().Value;
        Assert.That(profile.EnumerateObject().Select(part => part.Name), Does.Not.Contain("applicationUrl"), "so that it is 8080");
        Assert.That(
            XDocument.Parse(Repository.Read("SafeClockin.Api/SafeClockin.Api.csproj")).Descendants("RunWorkingDirectory").Single().Value,
            Is.EqualTo("$(MSBuildProjectDirectory)/.."),
            "where .env is read and data/ is made");
        var settings = profile.GetProperty("environmentVariables").Deserialize<Dictionary<string, string>>()!;
        var (service, client) = await ServiceProcess.StartAsync(settings);
        using var _ = service;
        using var __ = client;

        var text = Repository.Read(readme);
        foreach (var path in Page().Matches(text).Select(link => link.Groups[1].Value).Distinct())
            Assert.That((int)(await client.GetAsync(path)).StatusCode, Is.EqualTo(200), path);

        var blocks = Blocks(text).Where(block => block.StartsWith("sh\n") && block.Contains(Address)).ToList();
        Assert.That(blocks, Is.Not.Empty);
        foreach (var block in blocks)
        {
            var script = $"curl() {{ command curl --silent \"$@\"; echo; }}\n{block[3..].Replace(Address, client.BaseAddress!.ToString())}";
            using var shell = Process.Start(new ProcessStartInfo("bash", ["-c", script]) { RedirectStandardOutput = true })!;
            var answers = await shell.StandardOutput.ReadToEndAsync();
            var expected = block.Split('\n').Where(line => line.StartsWith("# {")).Select(line => line[2..]);

            Assert.That(Number().Replace(answers, "0").Split('\n')[..^1], Is.EqualTo(expected.Select(line => Number().Replace(line, "0"))));
        }
    }

    [TestCase("README.md")]
    [TestCase("README.zh-CN.md")]
    public void A_README_names_each_call_of_the_API_document_with_the_fields_of_its_body(string readme)
    {
        var document = JsonDocument.Parse(Repository.Read("docs/openapi.json")).RootElement;
        var calls =
            from path in document.GetProperty("paths").EnumerateObject()
            from method in path.Value.EnumerateObject()
            where path.Name != "/api/alerts/sweep" // which a timer calls, no mini-program
            select $"{method.Name.ToUpperInvariant()} {path.Name} {string.Join(' ', FieldsOf(method.Value))}".Trim();

        var rows = Rows(Repository.Read(readme)).SelectMany(row => Call().Matches(row)).Select(call =>
            $"{call.Groups[1]} {string.Join(' ', Regex.Matches(call.Groups[2].Value, "\"(\\w+)\":").Select(field => field.Groups[1].Value))}".Trim());

        Assert.That(rows.Distinct(), Is.EquivalentTo(calls));

        IEnumerable<string> FieldsOf(JsonElement method)
            => method.TryGetProperty("requestBody", out var body)
                ? document
                    .GetProperty("components").GetProperty("schemas")
                    .GetProperty(body.GetProperty("content").GetProperty("application/json").GetProperty("schema").GetProperty("$ref").GetString()!.Split('/')[^1])
                    .GetProperty("properties").EnumerateObject().Select(field => field.Name)
                : [];
    }

    [TestCaseSource(nameof(Documents))]
    public void Each_row_of_a_table_has_as_many_cells_as_its_head(string document)
    {
        // GitHub shows a table whose second line has fewer as a paragraph, and cuts a row that has more.
        var text = Fence().Replace(Repository.Read(document), "");
        foreach (Match table in Table().Matches(text))
            Assert.That(table.Value.TrimEnd().Split('\n').Select(row => Cell().Count(Code().Replace(row, ""))).Distinct().Count(), Is.EqualTo(1), table.Value);
    }

    [TestCase("docs/settings.md")]
    [TestCase("docs/settings.zh-CN.md")]
    public void The_table_of_settings_holds_each_with_its_default(string document)
        => Assert.That(
            Rows(Repository.Read(document)).Select(row => row.Split('|', StringSplitOptions.TrimEntries)[1..3]).Skip(2),
            Is.EquivalentTo(AllSettings.List.Select(setting => new[]
            {
                $"`{setting.Name}`",
                setting.Default.Length > 0 ? $"`{setting.Default}`" : "",
            })));

    [Test]
    public void The_collector_in_the_example_of_settings_is_asked_at_the_port_of_its_protocol()
    {
        // https://opentelemetry.io/docs/specs/otlp/
        const string Endpoint = "#OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4317";

        Assert.That(Repository.Read(".env.example"), Does.Contain($"{Endpoint}\n#OTEL_EXPORTER_OTLP_PROTOCOL=grpc\n"));
    }

    [Test]
    public void The_version_is_the_newest_in_the_changelog_and_the_label_of_the_image()
    {
        var newest = Repository.Read("CHANGELOG.md").Split('\n').First(line => line.StartsWith("## ", StringComparison.Ordinal));

        Assert.That(newest, Does.Match($@"^## {Regex.Escape(ServiceVersion.Current)} \(\d{{4}}-\d\d-\d\d\)$"));
        Assert.That(Repository.Read("Dockerfile"), Does.Contain($"image.version=\"{ServiceVersion.Current}\""));
    }

    [Test]
    public void The_table_that_a_deployment_makes_is_the_one_that_the_service_makes()
    {
        const string Table = @"CREATE TABLE IF NOT EXISTS `Counters` \(.*?\) ENGINE = InnoDB";
        var config = JsonDocument.Parse(Repository.Read("container.config.json")).RootElement.GetProperty("executeSQLs")
            .EnumerateArray().Select(sql => sql.GetString()!).Single(sql => sql.StartsWith("CREATE TABLE", StringComparison.Ordinal));
        var code = Regex.Match(
            Repository.Read("SafeClockin.Data/MySql/MySqlCounterRepository.cs"), Table, RegexOptions.Singleline).Value;

        Assert.That(Regex.Replace(code, @"\s+", " ").Replace("( ", "(").Replace(" )", ")"), Is.EqualTo(config.TrimEnd(';')).And.Not.Empty);
    }

    [Test]
    public void A_deployment_may_grow_to_as_many_instances_as_a_database_with_the_usual_limit_has_connections_for()
    {
        const int UsualLimit = 151; // of MySQL and MariaDB
        const int Tables = 3;
        var perTable = int.Parse(Regex.Match(
            Repository.Read("SafeClockin.Data/MySql/MySqlTable.cs"), @"ConnectionLimit = (\d+)").Groups[1].Value);
        var instances = JsonDocument.Parse(Repository.Read("container.config.json")).RootElement.GetProperty("maxNum").GetInt32();

        Assert.That(instances, Is.EqualTo(UsualLimit / (Tables * perTable)));
    }

    [TestCase("docs/privacy.md")]
    [TestCase("docs/privacy.zh-CN.md")]
    public void The_privacy_page_tells_of_each_column_that_is_kept_about_somebody(string document)
    {
        MySqlTableDefinition[] inMySql = [MySqlClockInRepository.Definition, MySqlGuardianRepository.Definition];
        SqliteTableDefinition[] inAFile = [SqliteClockInRepository.Definition, SqliteGuardianRepository.Definition];
        var told = Rows(Repository.Read(document)).Select(row => row.Split('|', StringSplitOptions.TrimEntries)[1..3])
            .Where(row => row.All(cell => cell.StartsWith('`'))).Select(row => $"{row[0]} {row[1]}").ToList();

        Assert.That(told, Is.EquivalentTo(inMySql.SelectMany(table => Columns(table.Name, table.CreateTable))));
        Assert.That(told, Is.EquivalentTo(inAFile.SelectMany(table => Columns(table.Name, table.CreateTable))));
        Assert.That(
            Directory.EnumerateFiles(Path.Combine(Workspace.Repository, "SafeClockin.Data", "MySql"), "*Repository.cs").Count(),
            Is.EqualTo(inMySql.Length + 1),
            "a table beside these and the counter's is told of here, too");

        static IEnumerable<string> Columns(string table, string createTable)
            => Regex.Matches(createTable, @"^\s+`?([a-z]\w*)`? \w", RegexOptions.Multiline).Select(column => $"`{table}` `{column.Groups[1].Value}`");
    }

    [Test]
    public void Tables_of_measurements_have_the_heads_that_their_scripts_print()
    {
        var scripts = string.Concat(Directory.EnumerateFiles(Path.Combine(Workspace.Repository, "bench"), "*.sh").Select(File.ReadAllText));
        var heads = Regex.Matches(Repository.Read("bench/README.md"), @"^(\| \w.*)\n\|-", RegexOptions.Multiline).Select(head => head.Groups[1].Value);

        Assert.That(heads.Where(head => !scripts.Contains(head)), Is.Empty);
    }

    [Test]
    public void Each_ratio_among_the_measurements_is_the_one_of_the_figures_beside_it()
    {
        string[] head = [];
        var floor = 0.0;
        foreach (var row in Rows(Repository.Read("bench/README.md")).Select(row => row.Split('|', StringSplitOptions.TrimEntries)))
        {
            if (row[2].Any(char.IsLetter) && double.IsNaN(Number(3)))
                head = row;
            var column = Array.FindIndex(head, name => name is "ratio" or "of the floor" or "of the limit");
            if (column < 0 || double.IsNaN(Number(column)))
                continue; // another table, or no row of figures
            var (left, right) = (Number(column - 2), Number(column - 1));
            if (row[2].EndsWith("(the floor)", StringComparison.Ordinal))
                floor = right;
            var ratio = head[column] switch { "ratio" => left / right, "of the limit" => right / left, _ => right / floor };
            Assert.That(Number(column), Is.EqualTo(ratio).Within(0.006), string.Join(" | ", row));

            double Number(int column) => double.TryParse(row[column], CultureInfo.InvariantCulture, out var number) ? number : double.NaN;
        }
    }

    private static IEnumerable<string> Find(string folder)
        => Directory.EnumerateFiles(folder, "*.md").Concat(Directory.EnumerateDirectories(folder)
            .Where(inner => Path.GetFileName(inner) is var name && name[0] != '.' && !BuiltOrFetched.Contains(name))
            .SelectMany(Find));

    private static string WithoutLanguage(string document) => document.Replace(".zh-CN", "");

    private static IEnumerable<string> Links(string text) => Link().Matches(text).Select(link => link.Groups[1].Value);

    private static bool IsInside(string link) => !link.Contains("://", StringComparison.Ordinal);

    /// <summary>The file that a link leads to, and the position of the heading there: -1 when it is missing, null when the link names none.</summary>
    private static (string File, int? Heading) Follow(string document, string link)
    {
        var parts = link.Split('#');
        var target = parts[0].Length > 0 ? Path.Combine(Path.GetDirectoryName(document)!, parts[0]) : document;
        var file = Path.GetFullPath(target, Workspace.Repository);
        return (file, parts.Length > 1 ? Headings(File.ReadAllText(file)).Select(Anchor).ToList().IndexOf(parts[1]) : null);
    }

    private static IEnumerable<string> Headings(string text)
        => Fence().Replace(text, "").Split('\n').Where(line => Regex.IsMatch(line, "^#+ "));

    // As GitHub makes them.
    private static string Anchor(string heading)
        => Regex.Replace(heading.TrimStart('#').Trim().ToLowerInvariant(), @"[^\w\- ]", "").Replace(' ', '-');

    private static IEnumerable<string> Rows(string text) => text.Split('\n').Where(line => line.StartsWith('|'));

    /// <summary>The code between fences, behind the name of its language.</summary>
    private static IEnumerable<string> Blocks(string text) => Fence().Matches(text).Select(block => block.Groups[1].Value);

    [GeneratedRegex(@"\]\(([^)]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"\b(?:bench|docs|examples|SafeClockin\.\w+)/[\w./-]*\w")]
    private static partial Regex PathInside();

    [GeneratedRegex("^ *```(.*?)^ *```$", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Fence();

    [GeneratedRegex(@"\n\s*\n|\n(?=\s*(?:\||#|- |\d+\. ))")]
    private static partial Regex Paragraph();

    [GeneratedRegex(@"`([A-Z]+ /[^`?]*)[^`]*`(?: `({[^`]*})`)?")]
    private static partial Regex Call();

    [GeneratedRegex("`[^`]+`")]
    private static partial Regex Code();

    [GeneratedRegex(@"\b(Name|FullyQualifiedName)([=~])([\w.]+)")]
    private static partial Regex Filter();

    [GeneratedRegex(@"(?m)(?:^\|.*\n)+")]
    private static partial Regex Table();

    [GeneratedRegex(@"(?<!\\)\|")]
    private static partial Regex Cell();

    [GeneratedRegex("<http://localhost:8080(/[^>]*)>")]
    private static partial Regex Page();

    [GeneratedRegex(@"\d+")]
    private static partial Regex Number();
}
