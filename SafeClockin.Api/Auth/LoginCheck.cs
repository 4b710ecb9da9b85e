using SafeClockin.Domain.Login;

namespace SafeClockin.Api.Auth;

/// <summary>Tells the operator at the start what is wrong, or risky, with the settings that signing in goes by.</summary>
internal sealed class LoginCheck(LoginService login, TokenSecret secret, IConfiguration settings, ILogger<LoginCheck> logger)
    : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        foreach (var error in login.ConfigurationErrors)
            logger.LogWarning("Login is not configured: {Error}", error);
        foreach (var warning in secret.Warnings)
            logger.LogWarning("{Warning}", warning);
        if (CloudHostingAuth.IsTrusted(settings))
        {
            logger.LogWarning(
                "WX_TRUST_HEADERS is on: whoever reaches this service past Cloud Hosting can act as anybody. Close its public "
                + "access, and let nobody untrusted into its private network");
        }

        return Task.CompletedTask;
    }
}
