using System.Globalization;
using System.Net;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.HttpOverrides;
using SafeClockin.Api.Envelopes;
using SafeClockin.Api.Hosting;
using SafeClockin.Data;
using SafeClockin.Domain;
using IPNetwork = System.Net.IPNetwork;

namespace SafeClockin.Api.Auth;

/// <summary>Lets one client try codes and invitations only so often. Each replica counts for itself.</summary>
internal static class LoginRateLimit
{
    /// <summary>Names the limit to the endpoints that it holds for.</summary>
    public const string Policy = "login";

    // A token lasts a week: enough for a school or an office whose users share one address.
    private static readonly Setting Limit = new(
        "LOGIN_RATE_LIMIT", "60", "how many logins, and invitations, a minute one client address may try, on each replica");

    // Loopback, the private and link-local networks, and the one that carriers and clouds share among their own.
    private static readonly Setting Proxies = new(
        "TRUSTED_PROXIES",
        "127.0.0.0/8,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,169.254.0.0/16,100.64.0.0/10,::1,fc00::/7,fe80::/10",
        "addresses or networks whose X-Forwarded-For is believed");

    /// <summary>The settings that are read here.</summary>
    public static IReadOnlyList<Setting> Settings => [Limit, Proxies];

    /// <summary>Limits by the address that LOGIN_RATE_LIMIT and TRUSTED_PROXIES make out.</summary>
    /// <exception cref="SettingException">One of them cannot be understood.</exception>
    public static IHostApplicationBuilder AddLoginRateLimit(this IHostApplicationBuilder builder)
    {
        var loginsPerMinute = ReadLimit(builder.Configuration.Read(Limit));
        var proxies = ReadProxies(builder.Configuration.Read(Proxies));

        builder.Services.Configure<ForwardedHeadersOptions>(forwarded =>
        {
            forwarded.ForwardedHeaders = ForwardedHeaders.XForwardedFor;
            // From the last address backwards, as long as the one who added it is believed.
            forwarded.ForwardLimit = null;
            forwarded.KnownProxies.Clear();
            forwarded.KnownIPNetworks.Clear();
            proxies.ForEach(forwarded.KnownIPNetworks.Add);
        });
        builder.Services.AddRateLimiter(limiter =>
        {
            limiter.OnRejected = (rejected, _) => AnswerAsync(rejected.HttpContext, rejected.Lease);
            limiter.AddPolicy(Policy, context => ClientOf(context.Connection.RemoteIpAddress, proxies) is { } client
                ? RateLimitPartition.GetFixedWindowLimiter(client, _ => new()
                {
                    PermitLimit = loginsPerMinute,
                    Window = TimeSpan.FromMinutes(1),
                })
                : RateLimitPartition.GetNoLimiter(IPAddress.None));
        });
        return builder;
    }

    /// <summary>Finds out who the client is, and limits the endpoints that ask for it.</summary>
    public static IApplicationBuilder UseLoginRateLimit(this IApplicationBuilder app)
        => app.UseForwardedHeaders().UseRateLimiter();

    /// <summary>
    /// Whom to count an address as. Null for a proxy that does not say for whom it asks: thousands of users may stand
    /// behind it.
    /// </summary>
    private static IPAddress? ClientOf(IPAddress? address, List<IPNetwork> proxies)
        => address is null || proxies.Exists(proxy => proxy.Contains(address)) ? null : ConnectionLimit.HostOf(address);

    private static ValueTask AnswerAsync(HttpContext context, RateLimitLease lease)
    {
        if (lease.TryGetMetadata(MetadataName.RetryAfter, out var wait))
        {
            context.Response.Headers.RetryAfter =
                Math.Max(1, Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        }

        return new(context.Response.WriteAsync(Failure.Of(StatusCodes.Status429TooManyRequests)));
    }

    private static int ReadLimit(string text)
        => int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var limit) && limit > 0 ? limit
            : throw new SettingException(Limit.Name, text, "how many logins a minute one client may try, 1 or more");

    private static List<IPNetwork> ReadProxies(string text)
        => text.Split(',', StringSplitOptions.TrimEntries)
            .Select(item => TryReadNetwork(item, out var network)
                ? network
                : throw new SettingException(
                    Proxies.Name, text, "addresses or networks like 10.0.0.0/8, separated by commas"))
            .ToList();

    private static bool TryReadNetwork(string item, out IPNetwork network)
    {
        var isIPv6 = item.Contains(':', StringComparison.Ordinal);
        var withLength = item.Contains('/', StringComparison.Ordinal) ? item : item + (isIPv6 ? "/128" : "/32");
        return IPNetwork.TryParse(withLength, out network)
            && (isIPv6 || item.Count(c => c == '.') == 3); // or 10 would be taken for 0.0.0.10
    }
}
