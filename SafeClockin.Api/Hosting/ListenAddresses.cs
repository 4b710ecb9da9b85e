using System.Globalization;
using System.Net;
using SafeClockin.Domain;

namespace SafeClockin.Api.Hosting;

/// <summary>Where the service listens, and its health check asks.</summary>
internal static class ListenAddresses
{
    private const string Default = "http://*:8080";

    private static readonly Setting Urls = new(
        "ASPNETCORE_URLS", Default, "where to listen, and where --healthcheck asks; --urls does the same");
    private static readonly Setting HttpPorts = new("ASPNETCORE_HTTP_PORTS", "", "ports to listen on, instead of addresses");
    private static readonly Setting HttpsPorts = new("ASPNETCORE_HTTPS_PORTS", "", "the same with TLS, which takes a certificate");

    /// <summary>The settings that are read here.</summary>
    public static IReadOnlyList<Setting> Settings => [Urls, HttpPorts, HttpsPorts];

    /// <summary>
    /// The addresses that the framework's settings name, --urls and --http_ports included; port 8080 without any.
    /// Read here, because the framework takes half of an address that it does not understand.
    /// </summary>
    /// <exception cref="SettingException">One of them is none, or stands where it is not looked for.</exception>
    public static IReadOnlyList<BindingAddress> Read(IConfiguration configuration)
    {
        // The server's own section would win over all of these, and the health check would ask in vain.
        if (configuration.GetSection("Kestrel:Endpoints").GetChildren().Any())
            throw new SettingException("Kestrel__Endpoints", $"addresses in {Urls.Name}");

        var held = Urls.Read(configuration[WebHostDefaults.ServerUrlsKey]);
        var urls = Split(held).Select(Parse).ToList();
        if (urls.Count == 0)
            throw NotUnderstood(held);
        var ports = ReadPorts(HttpPorts, configuration[WebHostDefaults.HttpPortsKey], Uri.UriSchemeHttp)
            .Concat(ReadPorts(HttpsPorts, configuration[WebHostDefaults.HttpsPortsKey], Uri.UriSchemeHttps))
            .ToList();
        var hasUrls = !string.IsNullOrWhiteSpace(configuration[WebHostDefaults.ServerUrlsKey]);
        return hasUrls || ports.Count == 0 ? urls : ports;
    }

    private static BindingAddress Parse(string url)
    {
        try
        {
            var address = BindingAddress.Parse(url);
            var isHost = address.Host is "*" or "+" || Uri.CheckHostName(address.Host) != UriHostNameType.Unknown;
            if (address.Scheme is "http" or "https"
                && address.PathBase.Length == 0
                && (address.IsUnixPipe || (isHost && address.Port is >= IPEndPoint.MinPort and <= IPEndPoint.MaxPort)))
            {
                return address;
            }
        }
        catch (FormatException)
        {
            // Refused like the others.
        }

        throw NotUnderstood(url);
    }

    private static SettingException NotUnderstood(string url)
        => new(
            $"{Urls.Name} or --{WebHostDefaults.ServerUrlsKey}", url, $"addresses like {Default} or https://127.0.0.1:8443, separated by semicolons");

    private static IEnumerable<BindingAddress> ReadPorts(Setting setting, string? held, string scheme)
        => from port in Split(setting.Read(held))
           select ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
               ? BindingAddress.Parse($"{scheme}://*:{number}")
               : throw new SettingException(setting.Name, port, "ports like 8080, separated by semicolons");

    private static string[] Split(string list)
        => list.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
