using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.ModelBinding;

namespace SafeClockin.Api.Envelopes;

/// <summary>
/// How requests become arguments and results become answers, for all actions alike: each answer is an envelope,
/// <see cref="SuccessEnvelope{T}"/> or <see cref="ErrorEnvelope"/>.
/// </summary>
internal static class EnvelopeServices
{
    /// <summary>For what comes out of MVC: values, and requests that do not fit the action's parameters.</summary>
    public static IMvcBuilder AddEnvelopes(this IMvcBuilder mvc)
    {
        mvc.Services.AddExceptionHandler<FailureHandler>();
        // The API document describes types as these options write them, so they are the ones of bodies and answers, too.
        mvc.Services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.PropertyNameCaseInsensitive = false;
            json.SerializerOptions.NumberHandling = JsonNumberHandling.Strict;
            json.SerializerOptions.RespectNullableAnnotations = true;
        });
        return mvc
            .AddMvcOptions(options =>
            {
                options.Filters.Add<EnvelopeFilter>();
                options.InputFormatters.Clear();
                options.InputFormatters.Add(new JsonBody());
                options.ModelMetadataDetailsProviders.Add(new FieldMetadata());
                options.ModelBindingMessageProvider.SetAttemptedValueIsInvalidAccessor((_, name) => Failure.FieldInvalid(name));
                options.ModelBindingMessageProvider.SetUnknownValueIsInvalidAccessor(Failure.FieldInvalid);
                options.ModelBindingMessageProvider.SetMissingBindRequiredValueAccessor(Failure.FieldMissing);
                options.ModelBindingMessageProvider.SetValueMustNotBeNullAccessor(_ => Failure.FieldInvalid(""));
                // No action reads a form, which fails on deep nesting.
                options.ValueProviderFactories.RemoveType<FormValueProviderFactory>();
                options.ValueProviderFactories.RemoveType<FormFileValueProviderFactory>();
                options.ValueProviderFactories.RemoveType<JQueryFormValueProviderFactory>();
            })
            .ConfigureApiBehaviorOptions(options =>
            {
                options.SuppressMapClientErrors = true;
                options.InvalidModelStateResponseFactory = context => new ObjectResult(Failure.Refusal(
                    context.ModelState.Values.SelectMany(field => field.Errors).First().ErrorMessage));
            });
    }

    /// <summary>For what never reaches MVC, or leaves it as an exception or a bare status.</summary>
    public static void UseEnvelopes(this WebApplication app)
    {
        app.UseExceptionHandler(_ => { });
        app.UseStatusCodePages(page =>
            page.HttpContext.Response.WriteAsync(Failure.Of(page.HttpContext.Response.StatusCode)));
    }
}
