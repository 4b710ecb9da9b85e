using SafeClockin.Domain;

namespace SafeClockin.Data.WeChat;

/// <summary>
/// The access token that messages are sent with. It is kept until shortly before it expires, and asked for once however many
/// wait for it.
/// </summary>
internal sealed class AccessTokens(WeChatSettings settings, WeChatRequests requests, TimeProvider time)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private Task<Token>? _current;

    /// <summary>The token.</summary>
    /// <param name="refused">One that WeChat does not accept any more; null when none is known.</param>
    /// <exception cref="FailureException">WeChat gives none.</exception>
    public async Task<string> GetAsync(string? refused)
    {
        Task<Token> current;
        lock (_lock)
        {
            // One that is being asked for is waited for; one that could not be had is asked for again.
            if (_current is not { } known || (known.IsCompleted && !IsUsable(known, refused)))
                _current = AskAsync();
            current = _current;
        }

        return (await current).Text;
    }

    private bool IsUsable(Task<Token> known, string? refused)
        => known.IsCompletedSuccessfully && known.Result is { } token && token.Text != refused
            && time.GetElapsedTime(token.Got) < token.Lifetime;

    private async Task<Token> AskAsync()
    {
        var asked = time.GetTimestamp();
        var answer = await requests.AskAsync(
            (api, stop) => api.GetAccessTokenAsync(new() { AppId = settings.AppId, Secret = settings.Secret }, stop),
            Timeout,
            CancellationToken.None);
        return answer switch
        {
            { ErrorCode: not (null or 0) } => throw WeChatRequests.FindMisconfiguration(answer)
                ?? FailureException.WeChatUnavailable("no access token: " + WeChatRequests.Describe(answer)),
            { AccessToken.Length: > 0, ExpiresIn: { } seconds }
                => new(answer.AccessToken, asked, TimeSpan.FromSeconds(seconds) - Margin),
            _ => throw FailureException.WeChatUnavailable("its answer holds no access token"),
        };
    }

    /// <remarks>No record: its text would show the token.</remarks>
    private sealed class Token(string text, long got, TimeSpan lifetime)
    {
        public string Text => text;

        public long Got => got;

        public TimeSpan Lifetime => lifetime;
    }
}
