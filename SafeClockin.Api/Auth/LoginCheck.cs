using SafeClockin.Domain.Login;

namespace SafeClockin.Api.Auth;

/// <summary>Tells the operator at the start what is wrong with the settings that login needs.</summary>
internal sealed class LoginCheck(LoginService login, TokenSecret secret, ILogger<LoginCheck> logger) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        foreach (var error in login.ConfigurationErrors)
            logger.LogWarning("Login is not configured: {Error}", error);
        foreach (var warning in secret.Warnings)
            logger.LogWarning("{Warning}", warning);
        return Task.CompletedTask;
    }
}
