using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc.Controllers;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using SafeClockin.Api.Envelopes;

namespace SafeClockin.Api.Docs;

/// <summary>
/// Describes what goes over the wire. The framework sees plain values leave the actions and knows nothing of the
/// envelope, of the failures, or of a body that an action reads by itself.
/// </summary>
/// <remarks>
/// Implements no interface of the library: MVC loads each type here, and what it derives from, to find controllers.
/// </remarks>
internal static class ContractTransformer
{
    private const string Json = "application/json";
    private const string ErrorSchema = "Error";
    private const string TokenScheme = "token";

    public static Task TransformAsync(
        OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var action = (ControllerActionDescriptor)context.Description.ActionDescriptor;
        operation.OperationId = $"{char.ToLowerInvariant(action.ControllerName[0])}{action.ControllerName[1..]}{action.ActionName}";

        var data = operation.Responses!["200"].Content!.Values.First().Schema!;
        operation.Responses.Clear();
        Answer(operation, 200).Schema = SuccessSchema(data);
        if (Find<DataExampleAttribute>(action) is { } example)
            AddExample(operation, 200, "成功", new() { ["code"] = 0, ["data"] = JsonNode.Parse(example.Json) });

        var text = Find<ReadsAttribute>(action);
        if (text is not null && HttpMethods.IsGet(context.Description.HttpMethod!))
        {
            operation.Parameters = [Parameter(text)];
        }
        else if (text is not null)
        {
            operation.RequestBody = Body(text);
            foreach (var status in new[] { 400, 413, 415 })
                AddError(operation, context, status, FailureTable.For(status));
        }

        operation.Security = [];
        if (Find<IAuthorizeData>(action) is not null)
        {
            operation.Security.Add(new() { [new OpenApiSecuritySchemeReference(TokenScheme, context.Document)] = [] });
            foreach (var message in new[] { "缺少token", "token无效", "token已过期" })
                AddError(operation, context, 401, message);
        }

        foreach (var failure in action.EndpointMetadata.OfType<FailsAttribute>())
        {
            foreach (var message in failure.Messages)
                AddError(operation, context, failure.Status, message);
        }

        AddError(operation, context, 500, FailureTable.For(500));

        var byStatus = operation.Responses.OrderBy(response => response.Key).ToList();
        operation.Responses.Clear();
        byStatus.ForEach(response => operation.Responses.Add(response.Key, response.Value));
        return Task.CompletedTask;
    }

    public static Task TransformAsync(
        OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        document.Info = new()
        {
            Title = "SafeClockin",
            Version = "1.0.0",
            License = new() { Name = "MIT", Identifier = "MIT" },
            Description =
                """
                微信小程序后端：计数与登录。

                除页面、静态文件和本文档外，每个响应都是一个 JSON 对象：成功为 `{"code":0,"data":…}`，失败为
                `{"code":-1,"errorMsg":"…"}`。`code` 说明结果，HTTP 状态码说明传输：因请求内容而被拒绝时状态码仍是 200，
                因为 `wx.cloud.callContainer` 会丢弃其他状态的响应体，用户就看不到原因。

                未知路径返回 404，方法不对返回 405 和 `Allow`；响应体同样是失败的 JSON 对象。
                """,
        };
        document.Servers = [new() { Url = "/" }]; // wherever the document was fetched from, behind any proxy
        document.AddComponent(ErrorSchema, new OpenApiSchema
        {
            Type = JsonSchemaType.Object,
            Description = "失败",
            Required = new HashSet<string> { "code", "errorMsg" },
            Properties = new Dictionary<string, IOpenApiSchema>
            {
                ["code"] = Code(-1),
                ["errorMsg"] = new OpenApiSchema { Type = JsonSchemaType.String, Description = "原因，可直接显示给用户" },
            },
        });
        document.AddComponent<IOpenApiSecurityScheme>(TokenScheme, new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.Http,
            Scheme = "bearer",
            BearerFormat = "JWT",
            Description = "登录得到的 token，有效期七天。",
        });
        return Task.CompletedTask;
    }

    private static T? Find<T>(ControllerActionDescriptor action) => action.EndpointMetadata.OfType<T>().FirstOrDefault();

    private static OpenApiSchema Code(int value) => new() { Type = JsonSchemaType.Integer, Enum = [value] };

    private static OpenApiSchema SuccessSchema(IOpenApiSchema data) => new()
    {
        Type = JsonSchemaType.Object,
        Description = "成功",
        Required = new HashSet<string> { "code", "data" },
        Properties = new Dictionary<string, IOpenApiSchema> { ["code"] = Code(0), ["data"] = data },
    };

    private static OpenApiSchema Text(ReadsAttribute text) => new()
    {
        Type = JsonSchemaType.String,
        Description = text.Description,
        Enum = text.IsOneOfExamples ? [.. text.Examples.Select(value => JsonValue.Create(value))] : null,
    };

    private static OpenApiParameter Parameter(ReadsAttribute text) => new()
    {
        Name = text.Name,
        In = ParameterLocation.Query,
        Required = true,
        Description = text.Description,
        Schema = Text(text),
        Example = text.Examples[0],
    };

    private static OpenApiRequestBody Body(ReadsAttribute text) => new()
    {
        Required = true,
        Content = new Dictionary<string, OpenApiMediaType>
        {
            [Json] = new()
            {
                Schema = new OpenApiSchema
                {
                    Type = JsonSchemaType.Object,
                    Required = new HashSet<string> { text.Name },
                    Properties = new Dictionary<string, IOpenApiSchema> { [text.Name] = Text(text) },
                },
                Examples = text.Examples.ToDictionary(
                    value => value,
                    IOpenApiExample (value) => new OpenApiExample { Value = new JsonObject { [text.Name] = value } }),
            },
        },
    };

    private static void AddError(
        OpenApiOperation operation, OpenApiOperationTransformerContext context, int status, string message)
    {
        var answer = Answer(operation, status);
        var error = new OpenApiSchemaReference(ErrorSchema, context.Document);
        if (answer.Schema is null)
        {
            answer.Schema = error;
        }
        else if (status == 200 && answer.Schema.OneOf is null)
        {
            answer.Schema = new OpenApiSchema { OneOf = [answer.Schema, error] };
            operation.Responses!["200"].Description = "成功，或因请求内容而被拒绝：看 code";
        }

        AddExample(operation, status, message, new() { ["code"] = -1, ["errorMsg"] = message });
    }

    private static void AddExample(OpenApiOperation operation, int status, string name, JsonObject envelope)
    {
        var examples = Answer(operation, status).Examples ??= new Dictionary<string, IOpenApiExample>();
        examples[name] = new OpenApiExample { Value = envelope };
    }

    private static OpenApiMediaType Answer(OpenApiOperation operation, int status)
    {
        var responses = operation.Responses!;
        var key = $"{status}";
        if (!responses.TryGetValue(key, out var response))
        {
            response = new OpenApiResponse
            {
                Description = Describe(status),
                Headers = Header(status) is { } header ? new Dictionary<string, IOpenApiHeader> { [header.Name] = header.Value } : null,
                Content = new Dictionary<string, OpenApiMediaType> { [Json] = new() },
            };
            responses.Add(key, response);
        }

        return response.Content![Json];
    }

    private static (string Name, OpenApiHeader Value)? Header(int status) => status switch
    {
        401 => ("WWW-Authenticate", new()
        {
            Description = "总是 Bearer",
            Schema = new OpenApiSchema { Type = JsonSchemaType.String },
        }),
        429 or 503 => ("Retry-After", new()
        {
            Description = "多少秒后再试；登录未配置时没有",
            Schema = new OpenApiSchema { Type = JsonSchemaType.Integer },
        }),
        _ => null,
    };

    private static string Describe(int status) => status switch
    {
        200 => "成功",
        400 => "请求体不是 JSON 对象",
        401 => "没有有效的 token：重新登录",
        413 => "请求体过大",
        415 => "请求体未声明为 application/json",
        429 => "请求太频繁",
        500 => "服务自身的错误",
        502 or 504 => "微信没有正常应答",
        503 => "暂时无法处理，稍后重试",
        _ => FailureTable.For(status),
    };
}
