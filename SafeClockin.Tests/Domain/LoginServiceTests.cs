using Moq;
using SafeClockin.Domain;
using SafeClockin.Domain.Login;

namespace SafeClockin.Tests.Domain;

public sealed class LoginServiceTests
{
    private Mock<IWeChatClient> _weChat;
    private Mock<ITokenIssuer> _tokens;

    private LoginService Login => new(_weChat.Object, _tokens.Object);

    [SetUp]
    public void Configure()
    {
        _weChat = new(MockBehavior.Strict);
        _tokens = new(MockBehavior.Strict);
        _weChat.Setup(w => w.ConfigurationError).Returns((string?)null);
        _tokens.Setup(t => t.ConfigurationError).Returns((string?)null);
    }

    [Test]
    public async Task A_code_becomes_the_token_of_its_session()
    {
        var session = new WeChatSession("openid", "session key");
        _weChat.Setup(w => w.ExchangeAsync("code", default)).ReturnsAsync(session);
        _tokens.Setup(t => t.Issue(session)).Returns("token");

        Assert.That(await Login.LogInAsync("code", default), Is.EqualTo("token"));
    }

    [Test]
    public async Task A_login_that_its_caller_gives_up_waits_for_WeChat_no_longer()
    {
        using var caller = new CancellationTokenSource();
        _weChat.Setup(w => w.ExchangeAsync("code", It.IsAny<CancellationToken>())).Returns(async (string _, CancellationToken end) =>
        {
            await Task.Delay(Timeout.Infinite, end);
            throw new AssertionException("It has waited for ever.");
        });

        var login = Login.LogInAsync("code", caller.Token);
        await caller.CancelAsync();

        await Assert.ThatAsync(() => login.WaitAsync(TimeSpan.FromSeconds(10)), Throws.InstanceOf<OperationCanceledException>());
    }

    [TestCase("WX_APPID is not set", null, "WX_APPID is not set")]
    [TestCase(null, "TOKEN_SECRET is not set", "TOKEN_SECRET is not set")]
    [TestCase("WX_APPID is not set", "TOKEN_SECRET is not set", "WX_APPID is not set; TOKEN_SECRET is not set")]
    public async Task Without_its_settings_login_fails_by_their_names_and_WeChat_is_not_asked(
        string? weChat, string? tokens, string named)
    {
        _weChat.Setup(w => w.ConfigurationError).Returns(weChat);
        _tokens.Setup(t => t.ConfigurationError).Returns(tokens);

        Assert.That(Login.IsConfigured, Is.False);
        var failure = await Assert.ThrowsAsync<FailureException>(() => Login.LogInAsync("code", default));
        Assert.That(failure.Kind, Is.EqualTo(FailureKind.LoginNotConfigured));
        Assert.That(failure.Message, Does.EndWith(": " + named));
    }

    [Test]
    public void A_session_put_into_words_keeps_its_key_to_itself()
        => Assert.That($"{new WeChatSession("openid", "session key")}", Is.EqualTo("openid"));
}
