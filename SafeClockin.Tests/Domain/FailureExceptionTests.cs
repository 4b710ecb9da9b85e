using SafeClockin.Domain;

namespace SafeClockin.Tests.Domain;

public sealed class FailureExceptionTests
{
    private static readonly TestCaseData[] Failures =
    [
        new(FailureException.Refused("不行"), FailureKind.Refused, "不行"),
        new(FailureException.StoreUnavailable(new TimeoutException("a detail")), FailureKind.StoreUnavailable, "The store is unavailable: a detail"),
        new(FailureException.WeChatUnavailable("a detail"), FailureKind.WeChatUnavailable, "WeChat is unavailable: a detail"),
        new(FailureException.WeChatTimeout(TimeSpan.FromSeconds(2.5)), FailureKind.WeChatTimeout, "WeChat did not answer within 2.5 s"),
        new(FailureException.Misconfigured("a detail"), FailureKind.Misconfigured, "a detail"),
        new(FailureException.LoginNotConfigured("a detail"), FailureKind.LoginNotConfigured, "Login is not configured: a detail"),
    ];

    [TestCaseSource(nameof(Failures))]
    public void A_failure_says_what_has_failed_and_how(FailureException failure, FailureKind kind, string message)
        => Assert.That((failure.Kind, failure.Message), Is.EqualTo((kind, message)));
}
