using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Mvc.Controllers;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;
using SafeClockin.Tests.Docs;
using SafeClockin.Tests.Servers;

namespace SafeClockin.Tests.Api;

/// <summary>The API document, held against the contract and against the service it describes.</summary>
public sealed class OpenApiTests
{
    private Service _service;
    private HttpClient _client;
    private OpenApiDocument _document;
    private string _text;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _service = Service.StartEmbedded();
        _client = _service.CreateClient();
        _text = await _client.GetStringAsync("/openapi/v1.json");
        var read = OpenApiDocument.Parse(_text, "json");
        Assert.That(read.Diagnostic?.Errors, Is.Empty);
        _document = read.Document!;
    }

    [OneTimeTearDown]
    public void Stop()
    {
        _client?.Dispose();
        _service?.Dispose();
    }

    [TestCase("zh-CN", "zh-CN")]
    [TestCase("en-GB", "en")]
    [TestCase("en;q=0.5, zh;q=0.9", "zh-CN")]
    [TestCase("zh;q=0.5, en;q=0.9", "en")]
    [TestCase("zh-CN, en;q=0.9", "zh-CN")]
    [TestCase("fr, zh-TW;q=0.2", "zh-CN")]
    [TestCase("fr", "en")]
    [TestCase("", "en")]
    public async Task The_page_that_shows_it_speaks_the_language_that_is_liked_best_and_is_told_to_ask_no_other_host(
        string liked, string language)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/docs/");
        request.Headers.TryAddWithoutValidation("Accept-Language", liked);
        using var response = await _client.SendAsync(request);

        var page = await response.Content.ReadAsStringAsync();
        var settings = JsonNode.Parse(page.Split('\n').Single(line => line.TrimStart().StartsWith('{')).TrimEnd(',', '\r'))!;
        Assert.That(settings["localization"]!["locale"]!.GetValue<string>(), Is.EqualTo(language));
        Assert.That(settings["telemetry"]!.GetValue<bool>(), Is.False);
        Assert.That(settings["showDeveloperTools"]!.GetValue<string>(), Is.EqualTo("never"));
        Assert.That(settings["hideClientButton"]!.GetValue<bool>(), Is.True);
        Assert.That(settings["favicon"]!.GetValue<string>(), Is.EqualTo("/favicon.svg"));
        Assert.That(settings["withDefaultFonts"]!.GetValue<bool>(), Is.False);
        Assert.That(settings["agent"]!["disabled"]!.GetValue<bool>(), Is.True);
        Assert.That(settings["mcp"]!["disabled"]!.GetValue<bool>(), Is.True);
    }

    private IEnumerable<(string Path, HttpMethod Method, OpenApiOperation Operation)> Operations
        => from path in _document.Paths
           from operation in path.Value.Operations!
           select (path.Key, operation.Key, operation.Value);

    [Test]
    public void Every_endpoint_that_answers_an_envelope_is_described_and_no_other()
    {
        var endpoints = _service.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.Metadata.GetMetadata<ControllerActionDescriptor>() is { ControllerName: not "Home" })
            .Select(endpoint => $"{endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods.Single()} /{endpoint.RoutePattern.RawText}");

        Assert.That(Operations.Select(each => $"{each.Method} {each.Path}"), Is.EquivalentTo(endpoints).And.Not.Empty);
    }

    [Test]
    public void It_is_OpenAPI_3_1_wherever_it_is_served_from()
    {
        Assert.That(_text, Does.Contain("\"openapi\": \"3.1."));
        Assert.That(_document.Servers!.Select(server => server.Url), Is.EqualTo(["/"]));
    }

    [Test]
    public void Every_operation_says_in_Chinese_what_it_does_and_what_each_answer_means()
    {
        const string chinese = @"\p{IsCJKUnifiedIdeographs}";
        foreach (var (_, _, operation) in Operations)
        {
            Assert.That(operation.OperationId, Is.Not.Empty);
            Assert.That(new[] { operation.Summary, operation.Description }, Has.All.Match(chinese), operation.OperationId);
            Assert.That(operation.Responses!.Values.Select(answer => answer.Description), Has.All.Match(chinese));
        }

        Assert.That(Operations.Select(each => each.Operation.OperationId), Is.Unique);
    }

    [Test]
    public async Task The_committed_document_is_what_the_types_say()
    {
        var made = await ApiDocument.MakeAsync();
        if (Environment.GetEnvironmentVariable("UPDATE_OPENAPI") is not null)
            await File.WriteAllTextAsync(ApiDocument.File, made);

        Assert.That(await File.ReadAllTextAsync(ApiDocument.File), Is.EqualTo(made), "docs/openapi.json is stale: see CONTRIBUTING.md");
    }

    [Test]
    public async Task The_committed_document_is_served()
        => Assert.That(_text, Is.EqualTo(await File.ReadAllTextAsync(ApiDocument.File)));

    [Test]
    public void A_success_is_code_0_with_typed_data_and_everything_else_the_same_error()
    {
        foreach (var (_, method, operation) in Operations)
        {
            foreach (var (status, answer) in operation.Responses!)
            {
                var schema = answer.Content!["application/json"].Schema!;
                if (status == "200")
                {
                    Assert.That(schema.OneOf, Has.Count.EqualTo(2), operation.OperationId);
                    Assert.That(schema.OneOf![0].Required, Is.EquivalentTo(["code", "data"]));
                    Assert.That(schema.OneOf[0].Properties!["code"].Enum!.Single().GetValue<int>(), Is.Zero);
                    var type = schema.OneOf[0].Properties!["data"].Type;
                    Assert.That(type, Is.Not.Null, operation.OperationId);
                    Assert.That(type == JsonSchemaType.Null, Is.EqualTo(method == HttpMethod.Delete), operation.OperationId);
                    schema = schema.OneOf[1];
                }

                Assert.That((schema as OpenApiSchemaReference)?.Reference.Id, Is.EqualTo("ErrorEnvelope"), $"{operation.OperationId} {status}");
            }
        }

        var error = _document.Components!.Schemas!["ErrorEnvelope"];
        Assert.That(error.Required, Is.EquivalentTo(["code", "errorMsg"]));
        Assert.That(error.Properties!["code"].Enum!.Single().GetValue<int>(), Is.EqualTo(-1));
    }

    [Test]
    public void The_count_is_an_integer_of_64_bits()
    {
        var data = Operation("/api/count", HttpMethod.Get).Responses!["200"].Content!["application/json"].Schema!.OneOf![0].Properties!["data"];

        Assert.That((data.Type, data.Format), Is.EqualTo((JsonSchemaType.Integer, "int64")));
    }

    [TestCase("GET", "/api/count", new[] { "200", "500", "503", "4XX" })]
    [TestCase("POST", "/api/count", new[] { "200", "400", "413", "415", "500", "503", "4XX" })]
    [TestCase("GET", "/api/login", new[] { "200", "429", "500", "502", "503", "504", "4XX" })]
    [TestCase("POST", "/api/login", new[] { "200", "400", "413", "415", "429", "500", "502", "503", "504", "4XX" })]
    [TestCase("GET", "/api/user", new[] { "200", "401", "500", "4XX" })]
    [TestCase("GET", "/health", new[] { "200", "500", "4XX" })]
    [TestCase("GET", "/health/ready", new[] { "200", "500", "503", "4XX" })]
    public void Every_status_of_the_contract_is_described(string method, string path, string[] statuses)
        => Assert.That(Operation(path, new(method)).Responses!.Keys, Is.EqualTo(statuses));

    [Test]
    public async Task Every_value_that_a_field_may_have_is_answered_as_described()
    {
        var action = Body(Operation("/api/count", HttpMethod.Post)).Properties!["action"];
        Assert.That(action.Enum, Is.Not.Empty);
        foreach (var value in action.Enum!)
        {
            using var response = await _client.PostAsync("/api/count", Envelopes.Json($$"""{"action":{{value.ToJsonString()}}}"""));
            var answer = JsonNode.Parse(await response.Content.ReadAsStringAsync())!.AsObject();

            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(answer.Select(field => field.Key), Is.EqualTo(["code", "data"]));
            Assert.That(answer["data"]!.GetValueKind(), Is.EqualTo(JsonValueKind.Number));
        }
    }

    [Test]
    public async Task The_words_of_a_failure_are_those_that_the_service_answers_with()
    {
        using var response = await _client.PostAsync("/api/count", Envelopes.Json("[]"));
        var answer = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;

        Assert.That(Operation("/api/count", HttpMethod.Post).Responses!["400"].Description, Is.EqualTo((string?)answer["errorMsg"]));
    }

    [Test]
    public void An_action_that_demands_a_token_tells_the_scheme_and_401()
    {
        var operation = Operation("/api/user", HttpMethod.Get);

        Assert.That(operation.Security!.Single().Keys.Single().Reference.Id, Is.EqualTo("token"));
        Assert.That(_document.Components!.SecuritySchemes!["token"].Scheme, Is.EqualTo("bearer"));
        Assert.That(operation.Responses!["401"].Headers, Contains.Key("WWW-Authenticate"));
        Assert.That(operation.Responses["401"].Description, Is.EqualTo("缺少token；token无效；token已过期"));
        Assert.That(Operation("/api/count", HttpMethod.Post).Security, Is.Empty);
    }

    [Test]
    public void What_a_request_must_hold_is_described()
    {
        var parameter = Operation("/api/login", HttpMethod.Get).Parameters!.Single();
        Assert.That((parameter.Name, parameter.In, parameter.Required), Is.EqualTo(("code", ParameterLocation.Query, true)));

        var body = Body(Operation("/api/login", HttpMethod.Post));
        Assert.That(body.Required, Is.EqualTo(["code"]));
        Assert.That((body.Properties!["code"].Type, body.Properties["code"].MaxLength), Is.EqualTo((JsonSchemaType.String, 128)));
        Assert.That(Operation("/api/login", HttpMethod.Post).Responses!["429"].Headers, Contains.Key("Retry-After"));
    }

    [Test]
    public async Task A_document_that_does_not_exist_is_answered_by_an_envelope()
    {
        using var response = await _client.GetAsync("/openapi/v2.json");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("""{"code":-1,"errorMsg":"接口不存在"}"""));
    }

    private static IOpenApiSchema Body(OpenApiOperation operation) => operation.RequestBody!.Content!["application/json"].Schema!;

    private OpenApiOperation Operation(string path, HttpMethod method) => _document.Paths[path].Operations![method];
}
