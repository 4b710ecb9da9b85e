namespace SafeClockin.Domain;

/// <summary>Why a request cannot be answered as asked.</summary>
public enum FailureKind
{
    /// <summary>The request is refused for what it says; the message tells the user why.</summary>
    Refused,

    /// <summary>The database is unreachable, too slow or cannot store; the outcome of a write is unknown.</summary>
    StoreUnavailable,

    /// <summary>WeChat is unreachable, or its answer makes no sense.</summary>
    WeChatUnavailable,

    /// <summary>WeChat did not answer in time.</summary>
    WeChatTimeout,

    /// <summary>WeChat refuses this service for what its settings say.</summary>
    Misconfigured,

    /// <summary>The settings that login needs are missing.</summary>
    LoginNotConfigured,
}

/// <summary>
/// The one exception that crosses the layers on purpose. Everything else that is thrown is a fault of the service
/// and reaches the client as nothing more than that.
/// </summary>
public sealed class FailureException : Exception
{
    private FailureException(FailureKind kind, string message, Exception? cause)
        : base(message, cause)
        => Kind = kind;

    /// <summary>What went wrong, which decides how the client is told.</summary>
    public FailureKind Kind { get; }

    /// <summary>A refusal.</summary>
    /// <param name="message">Shown to the mini-program's user, in Chinese.</param>
    /// <param name="cause">What led to it, for the log; null when the request alone did.</param>
    public static FailureException Refused(string message, Exception? cause = null)
        => new(FailureKind.Refused, message, cause);

    /// <summary>The database failed.</summary>
    /// <param name="cause">The driver's own account, for the log.</param>
    public static FailureException StoreUnavailable(Exception cause)
        => new(FailureKind.StoreUnavailable, "The store is unavailable: " + cause.Message, cause);

    /// <summary>WeChat is unreachable, or answered nonsense.</summary>
    /// <param name="how">What happened, for the log.</param>
    public static FailureException WeChatUnavailable(string how)
        => new(FailureKind.WeChatUnavailable, "WeChat is unavailable: " + how, null);

    /// <summary>WeChat did not answer in time.</summary>
    /// <param name="timeout">How long it was given.</param>
    public static FailureException WeChatTimeout(TimeSpan timeout)
        => new(FailureKind.WeChatTimeout, $"WeChat did not answer within {timeout.TotalSeconds} s", null);

    /// <summary>WeChat refuses this service.</summary>
    /// <param name="why">For the log; names the setting.</param>
    public static FailureException Misconfigured(string why)
        => new(FailureKind.Misconfigured, why, null);

    /// <summary>Login was asked for without the settings it needs.</summary>
    /// <param name="why">For the log; names the settings.</param>
    public static FailureException LoginNotConfigured(string why)
        => new(FailureKind.LoginNotConfigured, "Login is not configured: " + why, null);
}
