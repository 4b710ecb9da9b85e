using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text.RegularExpressions;
using Refit;
using SafeClockin.Domain;

namespace SafeClockin.Data.WeChat;

/// <summary>
/// Asks WeChat, and turns what goes wrong into failures in words of our own: Refit's exceptions hold the request's
/// URL with WX_SECRET or an access token, and the answer with the session_key.
/// </summary>
/// <param name="api">Made when first asked: a service that starts to count needs no HTTP client.</param>
internal sealed partial class WeChatRequests(Lazy<IWeChatApi> api)
{
    private static readonly Histogram<double> Latency = new Meter("SafeClockin.WeChat").CreateHistogram<double>(
        "safeclockin.wechat.duration",
        "s",
        "How long WeChat took to answer, or to fail.",
        advice: new() { HistogramBucketBoundaries = [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5] });

    /// <summary>Sends one request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="timeout">For connecting, sending and the last byte of the answer together.</param>
    /// <param name="cancellationToken">Gives up early.</param>
    /// <exception cref="FailureException">WeChat cannot be reached or understood, or takes too long.</exception>
    public async Task<T> AskAsync<T>(
        Func<IWeChatApi, CancellationToken, Task<T>> request, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        end.CancelAfter(timeout);
        var began = Stopwatch.GetTimestamp();
        try
        {
            return await request(api.Value, end.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or ApiExceptionBase)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw e switch
            {
                _ when end.IsCancellationRequested => FailureException.WeChatTimeout(timeout),
                ApiException { InnerException: null } answered
                    => FailureException.WeChatUnavailable($"it answered with HTTP status {(int)answered.StatusCode}"),
                ApiException => FailureException.WeChatUnavailable("its answer is not the JSON expected"),
                _ => FailureException.WeChatUnavailable(Describe(e.InnerException as HttpRequestException)),
            };
        }
        finally
        {
            Latency.Record(Stopwatch.GetElapsedTime(began).TotalSeconds);
        }
    }

    /// <summary>What WeChat says of a failure, for the log.</summary>
    /// <remarks>Of WeChat's own words only the id by which its support finds the request: they may quote what was sent.</remarks>
    public static string Describe(WeChatAnswer answer)
        => $"WeChat answered errcode {answer.ErrorCode}, rid {RequestId().Match(answer.ErrorMessage ?? "")}";

    /// <summary>The failure of a service that WeChat refuses for what its settings say; null when it is another one.</summary>
    public static FailureException? FindMisconfiguration(WeChatAnswer answer) => answer.ErrorCode switch
    {
        40013 or 41002 => FailureException.Misconfigured($"{WeChatSettings.AppIdVariable.Name} is wrong: {Describe(answer)}"),
        40125 or 41004 => FailureException.Misconfigured($"{WeChatSettings.SecretVariable.Name} is wrong: {Describe(answer)}"),
        40164 => FailureException.Misconfigured(
            $"This server's address is missing in the mini-program's IP whitelist (IP白名单): {Describe(answer)}"),
        _ => null,
    };

    // What fails once connected quotes the bytes that came.
    private static string Describe(HttpRequestException? failure) => failure?.HttpRequestError switch
    {
        HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError
            => failure.GetBaseException().Message,
        var error => $"its answer broke off, is too large or no HTTP ({error})",
    };

    [GeneratedRegex(@"(?<=\brid: )[\w-]{1,64}")]
    private static partial Regex RequestId();
}
