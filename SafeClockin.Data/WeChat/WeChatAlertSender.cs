using SafeClockin.Domain;
using SafeClockin.Domain.Alerts;

namespace SafeClockin.Data.WeChat;

/// <summary>Sends alerts as WeChat's subscription messages.</summary>
internal sealed class WeChatAlertSender(WeChatSettings settings, AlertTemplate template, AccessTokens tokens, WeChatRequests requests)
    : IAlertSender
{
    // For the access token and both tries together.
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2.5);

    public bool IsConfigured => template.Id.Length > 0;

    public IReadOnlyList<string> ConfigurationErrors
        => IsConfigured ? [.. new[] { settings.ConfigurationError, template.ConfigurationError }.OfType<string>()] : [];

    public async Task<AlertResult> SendAsync(string openId, Alert alert)
    {
        var message = new SubscribeMessage { OpenId = openId, TemplateId = template.Id, Page = template.Page, Data = template.Fill(alert) };
        using var timeout = new CancellationTokenSource(Timeout);
        try
        {
            var token = await tokens.GetAsync(refused: null).WaitAsync(timeout.Token);
            var answer = await SendAsync(token, message, timeout.Token);
            if (answer?.ErrorCode is 40001 or 42001 or 40014)
            {
                token = await tokens.GetAsync(refused: token).WaitAsync(timeout.Token);
                answer = await SendAsync(token, message, timeout.Token);
            }

            return Judge(answer);
        }
        catch (OperationCanceledException)
        {
            return Failed(AlertOutcome.Failed, FailureException.WeChatTimeout(Timeout).Message);
        }
        catch (FailureException e)
        {
            return Failed(e.Kind == FailureKind.Misconfigured ? AlertOutcome.Misconfigured : AlertOutcome.Failed, e.Message);
        }
    }

    private Task<WeChatAnswer?> SendAsync(string token, SubscribeMessage message, CancellationToken timeout)
        => requests.AskAsync((api, stop) => api.SendMessageAsync(token, message, stop), Timeout, timeout);

    private static AlertResult Judge(WeChatAnswer? answer)
    {
        if (answer?.ErrorCode is null)
            return Failed(AlertOutcome.Failed, "WeChat is unavailable: its answer does not say whether the message was taken");
        var account = WeChatRequests.Describe(answer);
        return answer.ErrorCode switch
        {
            0 => new(AlertOutcome.Sent),
            43101 => new(AlertOutcome.Unwanted),
            40003 or 41009 or 46004 => Failed(AlertOutcome.Undeliverable, $"the receiver is wrong: {account}"),
            40037 => Failed(AlertOutcome.Misconfigured, $"{AlertTemplate.IdVariable.Name} is wrong: {account}"),
            47003 => Failed(AlertOutcome.Misconfigured, $"{AlertTemplate.DataVariable.Name} is wrong: {account}"),
            41030 => Failed(AlertOutcome.Misconfigured, $"{AlertTemplate.PageVariable.Name} is wrong: {account}"),
            _ when WeChatRequests.FindMisconfiguration(answer) is { } wrong => Failed(AlertOutcome.Misconfigured, wrong.Message),
            _ => Failed(AlertOutcome.Failed, account),
        };
    }

    // The id by which WeChat's support finds a request differs where the cause is the same.
    private static AlertResult Failed(AlertOutcome outcome, string account)
    {
        const string RequestId = ", rid ";
        var end = account.IndexOf(RequestId, StringComparison.Ordinal);
        return end < 0 ? new(outcome, account) : new(outcome, account[..end], account[(end + RequestId.Length)..]);
    }
}
