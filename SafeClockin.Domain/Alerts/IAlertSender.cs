namespace SafeClockin.Domain.Alerts;

/// <summary>Sends guardians the message that they consented to.</summary>
public interface IAlertSender
{
    /// <summary>Whether there is a message to send.</summary>
    bool IsConfigured { get; }

    /// <summary>What keeps messages from being sent, for the operator; empty when nothing does, or there is none to send.</summary>
    IReadOnlyList<string> ConfigurationErrors { get; }

    /// <summary>Sends one message. Its outcome is known within 3 s, whatever becomes of it.</summary>
    /// <param name="openId">Who gets it.</param>
    /// <param name="alert">What it says.</param>
    Task<AlertResult> SendAsync(string openId, Alert alert);
}

/// <summary>What a message says.</summary>
/// <param name="Ward">How the ward is called to the guardian.</param>
/// <param name="LastDay">The day of the ward's last clock-in.</param>
/// <param name="MissedDays">How many whole days the ward has missed since.</param>
public sealed record Alert(string Ward, DateOnly LastDay, int MissedDays);

/// <summary>What became of a message.</summary>
/// <param name="Outcome">What to do about it.</param>
/// <param name="Cause">Why it was not sent, for the log; the same for the same cause. Null when there is nothing to say.</param>
/// <param name="Detail">What tells this case from others of the same cause, for the log; may be empty.</param>
public sealed record AlertResult(AlertOutcome Outcome, string? Cause = null, string Detail = "");

/// <summary>What to do about a message that was to be sent.</summary>
public enum AlertOutcome
{
    /// <summary>WeChat took it.</summary>
    Sent,

    /// <summary>WeChat will never take it: the guardian has no consent left.</summary>
    Unwanted,

    /// <summary>WeChat will never take it: something is wrong with the receiver.</summary>
    Undeliverable,

    /// <summary>To be tried again once an operator has changed a setting.</summary>
    Misconfigured,

    /// <summary>To be tried again.</summary>
    Failed,
}
