using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.Json;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc.ApiExplorer;
using Microsoft.AspNetCore.Mvc.Controllers;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Net.Http.Headers;
using Microsoft.OpenApi;
using SafeClockin.Api.Auth;
using SafeClockin.Api.Envelopes;
using SafeClockin.Api.Hosting;
using SafeClockin.Tests.Servers;
using DescriptionAttribute = System.ComponentModel.DescriptionAttribute;

namespace SafeClockin.Tests.Docs;

/// <summary>
/// Makes the API document of the service's actions and their types. Here and not in the service, which serves it as a
/// file: so a service carries no library for it, and a build need not run the service.
/// </summary>
internal static class ApiDocument
{
    private const string Name = "v1";
    private const string TokenScheme = "token";
    private const string SweepScheme = "sweepSecret";
    private const string OtherErrors = "4XX";

    /// <summary>Where the document is committed, and served from.</summary>
    public static string File => Path.Combine(Workspace.Repository, "docs", "openapi.json");

    /// <summary>The document of a service as it is now, in OpenAPI 3.1.</summary>
    public static async Task<string> MakeAsync()
    {
        using var service = Service.StartEmbedded(services => services
            .AddSingleton<IApiDescriptionProvider, EnvelopeDescriptions>()
            .AddOpenApi(Name, document => document
                .AddSchemaTransformer(AddConstraintsAsync)
                .AddOperationTransformer(AddAnswersAsync)
                .AddDocumentTransformer(AddIntroductionAsync)));
        var document = await service.Services.GetRequiredKeyedService<IOpenApiDocumentProvider>(Name).GetOpenApiDocumentAsync();
        return await document.SerializeAsJsonAsync(OpenApiSpecVersion.OpenApi3_1);
    }

    // What the framework leaves out of a property's attributes.
    private static Task AddConstraintsAsync(
        OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellationToken)
    {
        foreach (var attribute in context.JsonPropertyInfo?.AttributeProvider?.GetCustomAttributes(inherit: true) ?? [])
        {
            if (attribute is AllowedValuesAttribute allowed)
                schema.Enum = [.. allowed.Values.Select(value => JsonSerializer.SerializeToNode(value)!)];
            else if (attribute is RequiredAttribute)
                schema.Type &= ~JsonSchemaType.Null;
        }

        if (context.JsonTypeInfo.Type.Namespace == typeof(ErrorEnvelope).Namespace)
            schema.Required = schema.Properties!.Keys.ToHashSet();
        return Task.CompletedTask;
    }

    private static Task AddAnswersAsync(
        OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var action = (ControllerActionDescriptor)context.Description.ActionDescriptor;
        operation.OperationId = JsonNamingPolicy.CamelCase.ConvertName(action.ActionName);
        foreach (var tag in operation.Tags!)
            ((OpenApiTag)tag.Target!).Description = action.ControllerTypeInfo.GetCustomAttribute<DescriptionAttribute>()?.Description;
        foreach (var (parameter, described) in (operation.Parameters ?? []).Zip(context.Description.ParameterDescriptions))
        {
            ((OpenApiParameter)parameter).Name = JsonNamingPolicy.CamelCase.ConvertName(parameter.Name!);
            ((OpenApiParameter)parameter).Required |= described.ModelMetadata.IsRequired;
        }

        operation.Security =
        [
            .. action.EndpointMetadata.OfType<IAuthorizeData>().Select(authorize => new OpenApiSecurityRequirement
            {
                [new OpenApiSecuritySchemeReference(authorize.Policy == SweepAuth.Policy ? SweepScheme : TokenScheme, context.Document)] = [],
            }),
        ];

        foreach (var (status, response) in operation.Responses!)
        {
            var words = Failure.All.Where(failure => $"{failure.Status}" == status).Select(failure => failure.Message);
            response.Description = string.Join("；", words.Distinct());
            ((OpenApiResponse)response).Headers = status switch
            {
                "401" => Header(HeaderNames.WWWAuthenticate, JsonSchemaType.String, "总是 Bearer"),
                "429" or "503" => Header(HeaderNames.RetryAfter, JsonSchemaType.Integer, "多少秒后再试；登录未配置时没有"),
                _ => null,
            };
        }

        var success = operation.Responses["200"];
        var failed = operation.Responses["500"].Content!.Single();
        success.Description = "成功，或因请求内容而被拒绝：看 code";
        success.Content![failed.Key].Schema = new OpenApiSchema { OneOf = [success.Content[failed.Key].Schema!, failed.Value.Schema!] };
        operation.Responses[OtherErrors] = new OpenApiResponse
        {
            Description = "请求不符合 HTTP 或本文档",
            Content = operation.Responses["500"].Content,
        };
        return Task.CompletedTask;
    }

    private static Dictionary<string, IOpenApiHeader> Header(string name, JsonSchemaType type, string description)
        => new() { [name] = new OpenApiHeader { Description = description, Schema = new OpenApiSchema { Type = type } } };

    private static Task AddIntroductionAsync(
        OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        document.Info = new()
        {
            Title = "SafeClockin",
            Version = ServiceVersion.Current,
            Contact = new() { Name = "The SafeClockin authors" },
            License = new() { Name = "MIT", Identifier = "MIT" },
            Description =
                """
                微信小程序后端：安全打卡、计数与登录。

                除页面、静态文件、本文档和服务器读完请求之前的拒绝外，每个响应都是一个 JSON 对象：成功为 `{"code":0,"data":…}`，失败为
                `{"code":-1,"errorMsg":"…"}`。`code` 说明结果，HTTP 状态码说明传输：因请求内容而被拒绝时状态码仍是 200，
                因为 `wx.cloud.callContainer` 会丢弃其他状态的响应体，用户就看不到原因。

                未知路径返回 404，方法不对返回 405 和 `Allow`；响应体同样是失败的 JSON 对象。
                """,
        };
        // An action without a result answers null, and no other, which the framework cannot know of a type parameter.
        foreach (var success in document.Components!.Schemas!.Values.Where(schema => schema.Properties!.ContainsKey("data")))
        {
            var data = (OpenApiSchema)success.Properties!["data"];
            data.Type = data is { Type: null, OneOf: null or [] } ? JsonSchemaType.Null : data.Type & ~JsonSchemaType.Null;
            success.Properties["data"] = data.OneOf?[1] ?? data;
        }

        document.Servers = [new() { Url = "/" }]; // wherever the document was fetched from, behind any proxy
        document.AddComponent<IOpenApiSecurityScheme>(TokenScheme, new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.Http,
            Scheme = "bearer",
            BearerFormat = "JWT",
            Description = "登录得到的 token，有效期七天。",
        });
        document.AddComponent<IOpenApiSecurityScheme>(SweepScheme, new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.Http,
            Scheme = "bearer",
            Description = "ALERT_SWEEP_SECRET，由外部定时器使用。",
        });
        return Task.CompletedTask;
    }
}
