using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.ApiExplorer;
using Microsoft.AspNetCore.Mvc.Controllers;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using Microsoft.AspNetCore.RateLimiting;
using SafeClockin.Api.Envelopes;

namespace SafeClockin.Tests.Docs;

/// <summary>
/// Tells the API explorer what leaves the service: it sees plain values leave the actions, and knows nothing of the
/// envelopes around them or of the failures that follow from an action's metadata.
/// </summary>
internal sealed class EnvelopeDescriptions(IModelMetadataProvider metadata) : IApiDescriptionProvider
{
    /// <summary>After the framework's own.</summary>
    public int Order => 0;

    public void OnProvidersExecuting(ApiDescriptionProviderContext context)
    {
        foreach (var description in context.Results)
        {
            var action = (ControllerActionDescriptor)description.ActionDescriptor;
            var statuses = description.SupportedResponseTypes.Select(response => response.StatusCode)
                .Append(StatusCodes.Status500InternalServerError)
                .ToHashSet();
            if (description.ParameterDescriptions.Any(parameter => parameter.Source == BindingSource.Body))
                statuses.UnionWith([StatusCodes.Status400BadRequest, StatusCodes.Status413PayloadTooLarge, StatusCodes.Status415UnsupportedMediaType]);
            if (action.EndpointMetadata.OfType<IAuthorizeData>().Any())
                statuses.Add(StatusCodes.Status401Unauthorized);
            if (action.EndpointMetadata.OfType<EnableRateLimitingAttribute>().Any())
                statuses.Add(StatusCodes.Status429TooManyRequests);
            statuses.Remove(StatusCodes.Status200OK);

            var data = DataOf(action.MethodInfo.ReturnType);
            description.SupportedResponseTypes.Clear();
            description.SupportedResponseTypes.Add(Response(StatusCodes.Status200OK, typeof(SuccessEnvelope<>).MakeGenericType(data)));
            foreach (var status in statuses.Order())
                description.SupportedResponseTypes.Add(Response(status, typeof(ErrorEnvelope)));
        }
    }

    public void OnProvidersExecuted(ApiDescriptionProviderContext context)
    {
    }

    private static Type DataOf(Type returned)
        => returned == typeof(Task) || returned == typeof(void) ? typeof(object)
            : returned.IsGenericType && returned.GetGenericTypeDefinition() is var type
                && (type == typeof(Task<>) || type == typeof(ActionResult<>)) ? DataOf(returned.GenericTypeArguments[0])
            : returned;

    private ApiResponseType Response(int status, Type type) => new()
    {
        StatusCode = status,
        Type = type,
        ModelMetadata = metadata.GetMetadataForType(type),
        ApiResponseFormats = [new() { MediaType = "application/json" }],
    };
}
