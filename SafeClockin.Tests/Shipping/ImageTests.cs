using System.Net;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using SafeClockin.Api.Hosting;
using SafeClockin.Tests.Servers;

namespace SafeClockin.Tests.Shipping;

/// <summary>What a container platform relies on.</summary>
public sealed class ImageTests
{
    private static readonly string[] Dockerfile = Repository.Read("Dockerfile").Split('\n');
    private static readonly XDocument Profile = XDocument.Parse(Repository.Read("SafeClockin.Api/Properties/PublishProfiles/Image.pubxml"));

    [Test]
    public void Its_instructions_follow_each_other_in_the_order_in_which_they_work()
    {
        var words = Regex.Replace(Repository.Read("Dockerfile"), @"(?m)^#.*\n|\\\n", "").Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(instruction => instruction.Split(' ')[0]);

        Assert.That(
            Regex.Replace(string.Join(' ', words), @"\b(\w+)(?: \1\b)+", "$1"), // how many there are in a row is free
            Is.EqualTo("FROM WORKDIR COPY RUN COPY RUN FROM LABEL RUN ENV WORKDIR COPY USER EXPOSE HEALTHCHECK ENTRYPOINT"));
        Assert.That(Dockerfile, Has.One.EqualTo("COPY . ."), "what is published");
    }

    [Test]
    public void The_program_gets_the_signals_and_does_not_run_as_root()
    {
        Assert.That(Dockerfile, Has.One.EqualTo("ENTRYPOINT [\"./SafeClockin.Api\"]"));
        Assert.That(Dockerfile, Has.One.EqualTo("USER $APP_UID"));
    }

    [Test]
    public void The_program_is_published_to_where_it_is_copied_from_and_started()
    {
        Assert.That(Dockerfile, Has.One.EqualTo("RUN dotnet publish SafeClockin.Api --no-restore -p:PublishProfile=Image -o /app"));
        var end = Dockerfile.SkipWhile(line => !line.StartsWith("WORKDIR /app", StringComparison.Ordinal)).Take(3);
        Assert.That(end, Is.EqualTo(["WORKDIR /app", "COPY --from=build /app .", "USER $APP_UID"]));
    }

    [Test]
    public void The_program_brings_the_runtime_that_its_base_image_lacks()
    {
        var images = Dockerfile.Where(line => line.StartsWith("FROM ", StringComparison.Ordinal)).ToList();
        var version = typeof(object).Assembly.GetName().Version!.ToString(2);
        Assert.That(
            images,
            Is.EqualTo([$"FROM mcr.microsoft.com/dotnet/sdk:{version} AS build", $"FROM mcr.microsoft.com/dotnet/runtime-deps:{version}"]),
            "both of one distribution: what is built for one runs on no other");
        Assert.That(Profile.Descendants("SelfContained").Single().Value, Is.EqualTo("true"));
        Assert.That(Profile.Descendants("UseCurrentRuntimeIdentifier").Single().Value, Is.EqualTo("true"), "x64 or Arm64, as the machine that builds it");
        Assert.That(Profile.Descendants("RuntimeIdentifier"), Is.Empty);
    }

    [Test]
    public void Its_machine_code_is_made_when_it_is_built_and_not_at_every_start()
    {
        Assert.That(Profile.Descendants("PublishReadyToRun").Single().Value, Is.EqualTo("true"));
        Assert.That(Profile.Descendants("PublishReadyToRunComposite").Single().Value, Is.EqualTo("true"));
    }

    [Test]
    public void A_lost_lookup_of_a_name_is_repeated_while_a_login_may_still_wait()
    {
        // As resolv.conf(5) has it; what it cannot read, the resolver leaves out without a word.
        var options = Regex.Match(string.Concat(Dockerfile), @"RES_OPTIONS=""([^""]*)""").Groups[1].Value.Split(' ')
            .Select(option => option.Split(':')).ToDictionary(option => option[0], option => int.Parse(option[^1]));

        Assert.That(options["timeout"], Is.EqualTo(1), "seconds, of the five that a login has");
        Assert.That(options["attempts"], Is.InRange(2, 4));
    }

    [Test]
    public void It_sets_nothing_that_a_platform_s_settings_would_have_to_overrule()
        => Assert.That(
            Regex.Matches(Repository.Read("Dockerfile"), @"(?m)^(?:ENV| {4})([A-Z_]+| [A-Z_]+)=").Select(name => name.Groups[1].Value.Trim()),
            Is.EqualTo(["SQLITE_FILE", "SSL_CERT_DIR", "RES_OPTIONS"]));

    [Test]
    public void Its_user_may_write_where_the_embedded_store_lies()
    {
        var file = Regex.Match(Repository.Read("Dockerfile"), @"\bSQLITE_FILE=(\S+)").Groups[1].Value;

        Assert.That(Dockerfile, Has.One.EqualTo($"RUN install -d -o $APP_UID -g $APP_UID {Path.GetDirectoryName(file)}"));
    }

    [Test]
    public void The_build_sees_nothing_but_what_it_is_made_from()
    {
        var lines = Repository.Read(".dockerignore").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.That(lines.First(line => line[0] != '#'), Is.EqualTo("*"));
        Assert.That(lines, Does.Not.Contain("!SafeClockin.Tests").And.Contain("**/.env"));
    }

    [Test]
    public void A_developer_s_settings_and_data_are_not_committed()
        => Assert.That(Repository.Read(".gitignore").Split('\n'), Is.SupersetOf(new[] { ".env", "/data/" }));

    [Test]
    public void Each_project_of_the_program_and_what_they_share_is_let_in_and_is_there_when_packages_are_restored()
    {
        var projects = new List<string> { "SafeClockin.Api" };
        for (var i = 0; i < projects.Count; i++)
        {
            var references = Regex.Matches(Repository.Read($"{projects[i]}/{projects[i]}.csproj"), @"<ProjectReference Include=""\.\.\\([\w.]+)\\");
            projects.AddRange(references.Select(reference => reference.Groups[1].Value).Except(projects));
        }

        var shared = Directory.EnumerateFiles(Workspace.Repository, "Directory.*.props").Select(Path.GetFileName)
            .Append("global.json").ToList();
        var profile = Dockerfile.Single(line => line.StartsWith("RUN dotnet restore", StringComparison.Ordinal)).Split("PublishProfile=")[1];
        var copied = Dockerfile.TakeWhile(line => !line.StartsWith("RUN dotnet restore", StringComparison.Ordinal))
            .Where(line => line.StartsWith("COPY ", StringComparison.Ordinal))
            .Select(line => line.Split(' '))
            .SelectMany(words => words[1..^1].Select(file => $"{file} {words[^1]}"));
        Assert.That(projects, Has.Count.EqualTo(3));
        Assert.That(copied, Is.EquivalentTo(
        [
            .. projects.Select(project => $"{project}/{project}.csproj {project}/"),
            .. shared.Select(file => $"{file} ./"),
            $"SafeClockin.Api/Properties/PublishProfiles/{profile}.pubxml SafeClockin.Api/Properties/PublishProfiles/",
        ]));

        var others = projects
            .SelectMany(project => Regex.Matches(Repository.Read($"{project}/{project}.csproj"), @"<Content Include=""\.\.\\([^""]+)"""))
            .Select(file => file.Groups[1].Value.Replace('\\', '/'));
        Assert.That(Repository.Read(".dockerignore").Split('\n'), Is.SupersetOf(projects.Concat(shared).Concat(others).Append(".editorconfig").Select(path => $"!{path}")));
    }

    [Test]
    public void Nothing_that_a_machine_has_built_or_keeps_secret_is_let_in()
    {
        // The last line that fits decides, so these stand behind all that let anything in.
        var last = Repository.Read(".dockerignore").Split('\n').Reverse().TakeWhile(line => !line.StartsWith('!'));

        Assert.That(last, Is.SupersetOf(new[] { "**/bin", "**/obj", "**/.env" }));
    }

    [Test]
    [Platform("Linux,MacOsX", Reason = "A shell starts it.")]
    public async Task The_published_program_serves_its_page_whatever_folder_it_is_started_in()
    {
        var folder = Workspace.NewFolder();
        var configuration = Path.GetFileName(Path.GetDirectoryName(Path.GetDirectoryName(typeof(Program).Assembly.Location)))!;
        // A build server would live on, and keep open what this reads to its end.
        MariaDb.Run("dotnet", [
            "publish", Path.Combine(Workspace.Repository, "SafeClockin.Api"),
            "--no-build", "--disable-build-servers", "-c", configuration, "-o", folder]);

        var (service, client) = await ServiceProcess.StartByShellAsync(
            $"exec dotnet '{Path.Combine(folder, "SafeClockin.Api.dll")}'", Service.EmbeddedStore());
        using var _ = service;
        using var __ = client;

        var assets = Regex.Matches(await client.GetStringAsync("/"), @"""(/site\.[^""]+)""").Select(asset => asset.Groups[1].Value).ToList();
        Assert.That(assets, Has.Count.EqualTo(2));
        foreach (var asset in assets)
            Assert.That(await client.GetStringAsync(asset), Is.Not.Empty, asset);
    }

    [Test]
    public async Task The_health_check_succeeds_while_the_service_serves_whatever_its_database_does()
    {
        var (service, client) = await ServiceProcess.StartAsync(new Dictionary<string, string>
        {
            ["MYSQL_ADDRESS"] = $"127.0.0.1:{MariaDb.FreePort()}",
        });
        using var _ = service;
        var url = client.BaseAddress!;

        Assert.That(await CheckAsync("ASPNETCORE_URLS", $"http://*:{url.Port}"), Is.EqualTo((0, "")));
        Assert.That(await service.StopAsync(), Is.Zero);
        var (exitCode, output) = await CheckAsync("ASPNETCORE_URLS", $"http://*:{url.Port}");
        Assert.That(exitCode, Is.EqualTo(1));
        Assert.That(output, Does.Contain("Connection refused"));
    }

    [Test]
    public async Task The_health_check_asks_at_the_port_that_the_image_is_told_to_listen_on()
    {
        var (service, client) = await ServiceProcess.StartAsync(Service.EmbeddedStore());
        using var _ = service;

        Assert.That(
            await CheckAsync("ASPNETCORE_HTTP_PORTS", $"{client.BaseAddress!.Port}"),
            Is.EqualTo((0, "")));
    }

    [Test]
    public async Task A_container_without_a_home_folder_hears_nothing_of_keys_that_nothing_uses()
    {
        var (service, client) = await ServiceProcess.StartAsync(
            new Dictionary<string, string>(Service.EmbeddedStore()) { ["HOME"] = "/dev/null" });
        using var _ = service;

        foreach (var path in new[] { "/", "/api/count", "/api/user" })
        {
            using var response = await client.GetAsync(path);
            Assert.That(response.StatusCode, Is.Not.EqualTo(HttpStatusCode.InternalServerError));
        }

        Assert.That(await service.StopAsync(), Is.Zero);
        Assert.That(service.Output, Does.Contain("/api/user").And.Not.Contain("DataProtection"));
    }

    [Test]
    public async Task No_file_is_written_into_a_home_folder()
    {
        var home = Workspace.NewFolder();
        var (service, client) = await ServiceProcess.StartAsync(new Dictionary<string, string>(Service.EmbeddedStore()) { ["HOME"] = home });
        using var _ = service;
        using var __ = client;

        Assert.That(await client.GetStringAsync("/"), Does.Contain("+1"));
        Assert.That(await service.StopAsync(), Is.Zero);
        Assert.That(Directory.EnumerateFiles(home, "*", SearchOption.AllDirectories), Is.Empty);
    }

    [Test]
    public void The_health_check_is_the_program_s_own_and_tells_its_reason_before_the_engine_gives_it_up()
    {
        var check = Regex.Match(string.Join('\n', Dockerfile), @"HEALTHCHECK --interval=(\d+)s --timeout=(\d+)s .*\\\n +CMD (.*)");
        Assert.That(check.Groups[3].Value, Is.EqualTo("""["./SafeClockin.Api", "--healthcheck"]"""), "as the image has no other program for it");

        Assert.That(int.Parse(check.Groups[1].Value), Is.InRange(5, 60), "seconds until somebody may know that it hangs");
        Assert.That(TimeSpan.FromSeconds(int.Parse(check.Groups[2].Value)) - Healthcheck.Timeout, Is.AtLeast(TimeSpan.FromSeconds(1)));
    }

    [TestCase("/etc/ssl/certs", Description = "the distribution's")]
    [TestCase("/app/cert", Description = "Cloud Hosting's, of what answers for api.weixin.qq.com there")]
    [Platform("Linux", Reason = "Elsewhere the system says what is trusted.")]
    public async Task A_certificate_is_trusted_wherever_it_is_put(string folder)
    {
        using var certificate = WeChatStub.NewCertificate();
        using var weChat = new WeChatStub(certificate);
        var here = Workspace.NewFolder();
        await File.WriteAllTextAsync(Path.Combine(here, "certificate.crt"), certificate.ExportCertificatePem());
        var folders = Regex.Match(string.Concat(Dockerfile), @"SSL_CERT_DIR=(\S+)").Groups[1].Value;

        var (service, client) = await ServiceProcess.StartAsync(new Dictionary<string, string>(weChat.Settings())
        {
            ["SSL_CERT_DIR"] = folders.Replace(folder, here),
        });
        using var _ = service;

        Assert.That(await weChat.LogInAsync(client, "an-openid"), Is.Not.Empty);
    }

    private static Task<(int ExitCode, string Output)> CheckAsync(string variable, string value)
        => ServiceProcess.RunToItsEndAsync(
            new Dictionary<string, string> { ["ASPNETCORE_URLS"] = "", [variable] = value }, ["--healthcheck"]);
}
