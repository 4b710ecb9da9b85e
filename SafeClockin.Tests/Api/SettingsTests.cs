using System.Net;
using System.Net.Sockets;
using System.Reflection;
using Microsoft.Extensions.Configuration;
using SafeClockin.Api.Hosting;
using SafeClockin.Data;
using SafeClockin.Domain;
using SafeClockin.Tests.Servers;

namespace SafeClockin.Tests.Api;

/// <summary>Settings and arguments that the service does not start with, and what it says about them.</summary>
public sealed class SettingsTests
{
    private const string NotShown = "cannot be understood (it is not shown, as it may hold a secret); expected ";
    private const string Address = "host, host:port or [IPv6]:port, or several of one cluster separated by commas";
    private const string Urls = "addresses like http://*:8080 or https://127.0.0.1:8443, separated by semicolons";
    private const string Endpoint = "an http or https URL like http://127.0.0.1:4317";
    private const string Canary = "SECRET-CANARY";

    [TestCase("", "", "", "http://*:8080", Description = "where containers are asked")]
    [TestCase("", "81;82", "", "http://*:81 http://*:82")]
    [TestCase("", "81", "443", "http://*:81 https://*:443")]
    [TestCase("http://127.0.0.1:80; https://[::1]:443", "81", "444", "http://127.0.0.1:80 https://[::1]:443", Description = "images set a port")]
    [TestCase(" ", "81", "", "http://*:81")]
    [TestCase("http://+:81", "", "", "http://+:81", Description = "every address, too")]
    public void It_listens_where_it_is_told_by_addresses_or_else_ports_or_else_on_8080_of_every_address(
        string urls, string httpPorts, string httpsPorts, string expected)
    {
        var settings = new ConfigurationManager { ["urls"] = urls, ["http_ports"] = httpPorts, ["https_ports"] = httpsPorts };

        Assert.That(string.Join(' ', ListenAddresses.Read(settings)), Is.EqualTo(expected));
    }

    [Test]
    public async Task Settings_of_blanks_count_as_not_set()
    {
        var settings = AllSettings.List.Except(ListenAddresses.Settings).ToDictionary(setting => setting.Name, _ => " ");
        foreach (var (name, value) in Service.EmbeddedStore())
            settings[name] = value;
        foreach (var secret in new[] { "TOKEN_SECRET", "TOKEN_SECRET_PREVIOUS", "ALERT_SWEEP_SECRET" })
            settings.Remove(secret); // of which blanks are a part

        var (service, client) = await ServiceProcess.StartAsync(settings);
        using var _ = service;
        using var __ = client;
        Assert.That(await client.GetCountAsync(), Is.Zero);
    }

    [Test]
    public async Task Values_at_the_edge_of_what_may_be_set_are_taken()
    {
        var settings = Service.EmbeddedStore();
        foreach (var (name, value) in new[]
        {
            ("STORE", " SQLite "), ("ASPNETCORE_ENVIRONMENT", "pre-prod_2.eu"), ("LOG_LEVEL", "Debug"), ("WX_TRUST_HEADERS", "TRUE"),
            ("WX_API_BASE_URL", "https://127.0.0.1:1/we/chat/"), ("WX_ALERT_TEMPLATE_ID", "template-1"), ("WX_ALERT_DATA", "{}"), ("ALERT_TIME", "23:59"),
            ("ALERT_SWEEP_SECRET", new string('s', 32)), ("TOKEN_SECRET", new string('t', 32)), ("LOGIN_RATE_LIMIT", "1"),
            ("TRUSTED_PROXIES", "::1, 10.0.0.0/8,192.168.1.1"), ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://127.0.0.1:1"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        })
        {
            settings[name] = value;
        }

        var (service, client) = await ServiceProcess.StartAsync(settings);
        using var _ = service;
        using var __ = client;
        Assert.That(await client.GetCountAsync(), Is.Zero);
    }

    [TestCase("STORE", "postgres", "STORE is \"postgres\"; expected mysql or sqlite")]
    [TestCase("STORE", $"mysql://root:{Canary}@db", $"STORE {NotShown}mysql or sqlite")]
    [TestCase("MYSQL_ADDRESS", "db:port", $"MYSQL_ADDRESS {NotShown}{Address}")]
    [TestCase("MYSQL_ADDRESS", $"mysql://root:{Canary}@db", $"MYSQL_ADDRESS {NotShown}{Address}")]
    [TestCase("MYSQL_USERNAME", $"root:{Canary}@db", $"MYSQL_USERNAME {NotShown}the name of a database account")]
    [TestCase("MYSQL_DATABASE", $"mysql://root:{Canary}@db/x", $"MYSQL_DATABASE {NotShown}the name of a database, of at most 64 characters")]
    [TestCase("WX_API_BASE_URL", "api.weixin.qq.com", $"WX_API_BASE_URL {NotShown}an http or https URL like https://api.weixin.qq.com, without a query")]
    [TestCase("WX_API_BASE_URL", $"https://x?{Canary}", $"WX_API_BASE_URL {NotShown}an http or https URL like https://api.weixin.qq.com, without a query")]
    [TestCase("WX_API_BASE_URL", $"https://x#{Canary}", $"WX_API_BASE_URL {NotShown}an http or https URL like https://api.weixin.qq.com, without a query")]
    [TestCase("WX_API_BASE_URL", $"https://user:{Canary}@x", $"WX_API_BASE_URL {NotShown}an http or https URL like https://api.weixin.qq.com, without a query")]
    [TestCase("WX_TRUST_HEADERS", "yes", "WX_TRUST_HEADERS is \"yes\"; expected true or false")]
    [TestCase("ALERT_SWEEP_SECRET", $"{Canary}-with-31-bytes-all", $"ALERT_SWEEP_SECRET {NotShown}32 bytes or more")]
    [TestCase("ALERT_TIME", "9 o'clock", $"ALERT_TIME {NotShown}a time of day like 09:00")]
    [TestCase("ALERT_TIME", "7:30", "ALERT_TIME is \"7:30\"; expected a time of day like 09:00")]
    [TestCase("LOG_LEVEL", "verbose", "LOG_LEVEL is \"verbose\"; expected debug, information, warning or error")]
    [TestCase("LOGIN_RATE_LIMIT", "many", "LOGIN_RATE_LIMIT is \"many\"; expected how many logins a minute one client may try, 1 or more")]
    [TestCase("TRUSTED_PROXIES", "gateway", "TRUSTED_PROXIES is \"gateway\"; expected addresses or networks like 10.0.0.0/8, separated by commas")]
    [TestCase("OTEL_EXPORTER_OTLP_ENDPOINT", $"http//user:{Canary}@collector:4317", $"OTEL_EXPORTER_OTLP_ENDPOINT {NotShown}{Endpoint}")]
    [TestCase("OTEL_EXPORTER_OTLP_ENDPOINT", "httpx://collector:4317", $"OTEL_EXPORTER_OTLP_ENDPOINT {NotShown}{Endpoint}")]
    [TestCase("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json", "OTEL_EXPORTER_OTLP_PROTOCOL is \"http/json\"; expected grpc or http/protobuf")]
    [TestCase("OTEL_EXPORTER_OTLP_PROTOCOL", "http", "OTEL_EXPORTER_OTLP_PROTOCOL is \"http\"; expected grpc or http/protobuf")]
    [TestCase("OTEL_EXPORTER_OTLP_HEADERS", $"=={Canary}", $"OTEL_EXPORTER_OTLP_HEADERS {NotShown}headers like name=value, separated by commas")]
    [TestCase("OTEL_EXPORTER_OTLP_HEADERS", $"x-team=one,{Canary}", $"OTEL_EXPORTER_OTLP_HEADERS {NotShown}headers like name=value, separated by commas")]
    [TestCase("OTEL_EXPORTER_OTLP_HEADERS", Canary, $"OTEL_EXPORTER_OTLP_HEADERS {NotShown}headers like name=value, separated by commas")]
    [TestCase("ASPNETCORE_URLS", "http://127.0.0.1:99999", $"ASPNETCORE_URLS or --urls is \"http://127.0.0.1:99999\"; expected {Urls}")]
    [TestCase("ASPNETCORE_URLS", "ftp://127.0.0.1:8080", $"ASPNETCORE_URLS or --urls is \"ftp://127.0.0.1:8080\"; expected {Urls}")]
    [TestCase("ASPNETCORE_URLS", "http://127.0.0.1:port", $"ASPNETCORE_URLS or --urls is \"http://127.0.0.1:port\"; expected {Urls}")]
    [TestCase("ASPNETCORE_URLS", "http://127.0.0.1:8080/base", $"ASPNETCORE_URLS or --urls is \"http://127.0.0.1:8080/base\"; expected {Urls}")]
    [TestCase("ASPNETCORE_URLS", $"http://root:{Canary}@127.0.0.1:8080", $"ASPNETCORE_URLS or --urls {NotShown}{Urls}")]
    [TestCase("ASPNETCORE_URLS", ";", $"ASPNETCORE_URLS or --urls is \";\"; expected {Urls}")]
    [TestCase("ASPNETCORE_URLS", "8080", $"ASPNETCORE_URLS or --urls is \"8080\"; expected {Urls}")]
    [TestCase("ASPNETCORE_ENVIRONMENT", $"Server=db;Password={Canary}", $"ASPNETCORE_ENVIRONMENT {NotShown}a name like Production")]
    [TestCase("Kestrel__Endpoints__Web__Url", "http://127.0.0.1:8080", $"Kestrel__Endpoints {NotShown}addresses in ASPNETCORE_URLS")]
    [TestCase("ASPNETCORE_HTTP_PORTS", "abc", "ASPNETCORE_HTTP_PORTS is \"abc\"; expected ports like 8080, separated by semicolons")]
    [TestCase("ASPNETCORE_HTTP_PORTS", "8,080", "ASPNETCORE_HTTP_PORTS is \"8,080\"; expected ports like 8080, separated by semicolons")]
    [TestCase("ASPNETCORE_HTTPS_PORTS", "-1", "ASPNETCORE_HTTPS_PORTS is \"-1\"; expected ports like 8080, separated by semicolons")]
    public async Task A_setting_that_cannot_be_understood_stops_the_start_with_one_line(string name, string value, string line)
    {
        var settings = new Dictionary<string, string> { ["MYSQL_PASSWORD"] = "a-secret" };
        if (name.StartsWith("OTEL_", StringComparison.Ordinal))
            settings["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://127.0.0.1:4317";
        settings[name] = value;

        var (exitCode, output) = await ServiceProcess.RunToItsEndAsync(settings);

        Assert.That((exitCode, output), Is.EqualTo((1, line + Environment.NewLine)));
    }

    [TestCase("TOKEN_SECRET")]
    [TestCase("TOKEN_SECRET_PREVIOUS")]
    [TestCase("WX_SECRET")]
    [TestCase("ALERT_SWEEP_SECRET")]
    [TestCase("MYSQL_PASSWORD")]
    [Platform("Linux,MacOsX", Reason = "Elsewhere variables are no bytes.")]
    public async Task A_secret_that_is_no_UTF_8_is_refused_by_name(string name)
    {
        var (exitCode, output) = await ServiceProcess.RunToItsEndAsync(
            new Dictionary<string, string>(),
            shell: $$"""export {{name}}="$(printf '\303\334\302\353\303\334\302\353SECRET-CANARY')"; exec "$@" """);

        Assert.That((exitCode, output), Is.EqualTo((1, $"{name} {NotShown}text in UTF-8{Environment.NewLine}")));
    }

    [TestCase("--heathcheck")]
    [TestCase("serve")]
    [TestCase("--urls", Description = "without a value")]
    [TestCase("--url=http://127.0.0.1:0")]
    [TestCase("-u")]
    [TestCase("/urls=http://127.0.0.1:0")]
    [TestCase("STORE=sqlite")]
    [TestCase("--healthcheck", "now")]
    public async Task An_argument_that_is_not_understood_stops_the_start_with_one_line(params string[] arguments)
    {
        var (exitCode, output) = await ServiceProcess.RunToItsEndAsync(new Dictionary<string, string>(), arguments);

        Assert.That(
            (exitCode, output),
            Is.EqualTo((
                1,
                $"An argument is \"{arguments[^1].Split('=')[0]}\"; expected --healthcheck, --version, --help, --urls=…, --environment=… or --NAME=… of a setting"
                + Environment.NewLine)));
    }

    [Test]
    public void Settings_of_the_service_and_of_the_framework_may_stand_on_the_command_line()
    {
        string[] arguments = ["--urls", "http://*:1", "--environment=Development", "--store=sqlite", "--http_ports=1", "--https_ports=1"];

        Assert.That(CommandLine.Parse(arguments, AllSettings.List), Is.EqualTo((arguments, Command.Serve)));
    }

    [Test]
    public async Task An_address_that_cannot_be_listened_on_stops_the_start_with_one_line()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var address = $"http://{taken.LocalEndpoint}";
        foreach (var (url, reason) in new[]
        {
            (address, $"Failed to bind to address {address}: address already in use."),
            ("http://192.0.2.1:8080", "Cannot assign requested address"),
            ("https://127.0.0.1:0", "Unable to configure HTTPS endpoint. No server certificate was specified, and the default developer certificate could not be found or is out of date."),
        })
        {
            var settings = Service.EmbeddedStore();
            settings["ASPNETCORE_URLS"] = url;
            settings["HOME"] = Workspace.NewFolder(); // where a developer may have a certificate

            var (exitCode, output) = await ServiceProcess.RunToItsEndAsync(settings);

            Assert.That(exitCode, Is.EqualTo(1));
            Assert.That(
                output.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries).Where(l => !l.StartsWith('{')),
                Is.EqualTo(new[]
                {
                    $"Cannot listen on {url}, set by ASPNETCORE_URLS or ASPNETCORE_HTTP_PORTS or ASPNETCORE_HTTPS_PORTS: {reason}",
                }),
                "beside the log");
            Assert.That(output, Does.Not.Contain("\"@x\""), "nor any stack in it");
        }
    }

    [TestCase("MYSQL_ADRESS", "MYSQL_ADDRESS")]
    [TestCase("WX_SERCET", "WX_SECRET", Description = "two letters are exchanged")]
    [TestCase("WX_APP_ID", "WX_APPID")]
    [TestCase("wx_app_id", "WX_APPID")]
    [TestCase("TOKENSECRET", "TOKEN_SECRET")]
    [TestCase("WXALERTTEMPLATEID", "WX_ALERT_TEMPLATE_ID", Description = "three signs are missing, but nothing else")]
    [TestCase("ASPNETCORE_URL", "ASPNETCORE_URLS")]
    [TestCase("STOR", "STORE")]
    public void A_variable_that_looks_like_a_misspelt_setting_is_warned_about_by_name(string variable, string meant)
        => Assert.That(
            Misspelling.Find([variable], AllSettings.List),
            Is.EqualTo(new[] { $"{variable} is set, which means nothing; {meant} would" }));

    [TestCase("MYSQL_ADDRESS")]
    [TestCase("mysql_address")]
    [TestCase("PATH")]
    [TestCase("HOME")]
    [TestCase("SHLVL")]
    [TestCase("STAGE")]
    [TestCase("MYSQL_PORT")]
    [TestCase("MYSQL_ROOT_PASSWORD")]
    [TestCase("WX_APPKEY")]
    [TestCase("ASPNET_VERSION")]
    [TestCase("DOTNET_VERSION")]
    [TestCase("OTEL_EXPORTER_OTLP_TIMEOUT")]
    public void Any_other_variable_is_not(string variable)
        => Assert.That(Misspelling.Find([variable], AllSettings.List), Is.Empty);

    [Test]
    public void The_list_of_all_settings_holds_each_that_is_declared()
    {
        var declared = from assembly in new[] { typeof(Program).Assembly, typeof(DataServices).Assembly }
                       from type in assembly.GetTypes()
                       from field in type.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)
                       where field.FieldType == typeof(Setting)
                       select field.GetValue(null);

        Assert.That(AllSettings.List, Is.EquivalentTo(declared));
        Assert.That(AllSettings.List.Select(setting => setting.Name), Is.Unique);
    }
}
