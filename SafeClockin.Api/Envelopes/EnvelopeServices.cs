using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.ModelBinding;

namespace SafeClockin.Api.Envelopes;

/// <summary>Makes every answer an envelope: <see cref="SuccessEnvelope"/> or <see cref="ErrorEnvelope"/>.</summary>
internal static class EnvelopeServices
{
    /// <summary>For what comes out of MVC: values, and bodies that cannot be read.</summary>
    public static void AddEnvelopes(this IMvcBuilder mvc)
    {
        mvc.Services.AddExceptionHandler<FailureHandler>();
        mvc.AddMvcOptions(options =>
            {
                options.Filters.Add<EnvelopeFilter>();
                // No action reads a form, or names with brackets as jQuery writes them: both fail on deep nesting.
                options.ValueProviderFactories.RemoveType<FormValueProviderFactory>();
                options.ValueProviderFactories.RemoveType<FormFileValueProviderFactory>();
                options.ValueProviderFactories.RemoveType<JQueryFormValueProviderFactory>();
                options.ValueProviderFactories.RemoveType<JQueryQueryStringValueProviderFactory>();
            })
            .ConfigureApiBehaviorOptions(options =>
            {
                options.SuppressMapClientErrors = true;
                // The framework's own words name types of ours.
                options.InvalidModelStateResponseFactory = _ => new BadRequestObjectResult(
                    new ErrorEnvelope(FailureTable.For(StatusCodes.Status400BadRequest)));
            });
    }

    /// <summary>For what never reaches MVC, or leaves it as an exception or a bare status.</summary>
    public static void UseEnvelopes(this WebApplication app)
    {
        app.UseExceptionHandler(_ => { });
        app.UseStatusCodePages(page =>
        {
            var status = page.HttpContext.Response.StatusCode;
            return FailureHandler.WriteAsync(page.HttpContext, status, FailureTable.For(status));
        });
    }
}
