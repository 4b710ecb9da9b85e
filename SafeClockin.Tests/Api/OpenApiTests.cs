using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Controllers;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;
using SafeClockin.Api.Docs;
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
        // One more controller, with what no present one has.
        _service = Service.StartEmbedded(services => services.AddControllers().AddApplicationPart(typeof(OpenApiTests).Assembly));
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
    public void A_success_is_code_0_with_data_and_everything_else_the_same_error()
    {
        foreach (var (_, _, operation) in Operations)
        {
            foreach (var (status, answer) in operation.Responses!)
            {
                var schema = answer.Content!["application/json"].Schema!;
                if (status == "200")
                {
                    Assert.That(schema.OneOf is null or [_, OpenApiSchemaReference { Reference.Id: "Error" }], operation.OperationId);
                    var success = schema.OneOf?[0] ?? schema;
                    Assert.That(success.Required, Is.EquivalentTo(["code", "data"]));
                    Assert.That(success.Properties!["code"].Enum!.Single().GetValue<int>(), Is.Zero);
                }
                else
                {
                    Assert.That(schema, Is.InstanceOf<OpenApiSchemaReference>());
                    Assert.That(((OpenApiSchemaReference)schema).Reference.Id, Is.EqualTo("Error"), $"{operation.OperationId} {status}");
                }
            }

            Assert.That(operation.Responses, Contains.Key("200").And.ContainKey("500"));
        }

        var error = _document.Components!.Schemas!["Error"];
        Assert.That(error.Required, Is.EquivalentTo(["code", "errorMsg"]));
        Assert.That(error.Properties!["code"].Enum!.Single().GetValue<int>(), Is.EqualTo(-1));
    }

    [Test]
    public void The_count_is_an_integer_of_64_bits()
    {
        var data = Operation("/api/count", HttpMethod.Get).Responses!["200"].Content!["application/json"].Schema!.Properties!["data"];

        Assert.That((data.Type, data.Format), Is.EqualTo((JsonSchemaType.Integer, "int64")));
    }

    [TestCase("GET", "/api/count", new[] { "200", "500", "503" })]
    [TestCase("POST", "/api/count", new[] { "200", "400", "413", "415", "500", "503" })]
    [TestCase("GET", "/health", new[] { "200", "500" })]
    [TestCase("GET", "/health/ready", new[] { "200", "500", "503" })]
    public void Every_status_of_the_contract_is_described(string method, string path, string[] statuses)
        => Assert.That(Operation(path, new(method)).Responses!.Keys, Is.EqualTo(statuses));

    [Test]
    public async Task Every_example_request_is_answered_as_described()
    {
        foreach (var example in Operation("/api/count", HttpMethod.Post).RequestBody!.Content!["application/json"].Examples!.Values)
        {
            using var response = await _client.PostAsync("/api/count", Envelopes.Json(example.Value!.ToJsonString()));
            var answer = JsonNode.Parse(await response.Content.ReadAsStringAsync())!.AsObject();

            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(answer.Select(field => field.Key), Is.EqualTo(["code", "data"]));
            Assert.That(answer["data"]!.GetValueKind(), Is.EqualTo(JsonValueKind.Number));
        }
    }

    [TestCase("", 200)]
    [TestCase("""{"action":"dec"}""", 200)]
    [TestCase("[]", 400)]
    public async Task What_the_service_refuses_with_is_among_the_examples(string body, int status)
    {
        using var response = await _client.PostAsync("/api/count", Envelopes.Json(body));
        var answer = await response.Content.ReadAsStringAsync();

        var examples = Operation("/api/count", HttpMethod.Post).Responses![$"{status}"].Content!["application/json"].Examples!;
        Assert.That((int)response.StatusCode, Is.EqualTo(status));
        Assert.That(examples.Values.Any(example => JsonNode.DeepEquals(example.Value, JsonNode.Parse(answer))), answer);
    }

    [Test]
    public void An_action_that_demands_a_token_tells_the_scheme_and_401()
    {
        var operation = Operation("/guarded", HttpMethod.Post);

        Assert.That(operation.Security!.Single().Keys.Single().Reference.Id, Is.EqualTo("token"));
        Assert.That(_document.Components!.SecuritySchemes!["token"].Scheme, Is.EqualTo("bearer"));
        Assert.That(operation.Responses!["401"].Headers, Contains.Key("WWW-Authenticate"));
        Assert.That(operation.Responses["401"].Content!["application/json"].Examples!.Keys, Has.Member("token已过期"));
        Assert.That(Operation("/api/count", HttpMethod.Post).Security, Is.Empty);
    }

    [Test]
    public void What_an_action_declares_is_described()
    {
        var parameter = Operation("/guarded", HttpMethod.Get).Parameters!.Single();
        Assert.That((parameter.Name, parameter.In, parameter.Required), Is.EqualTo(("code", ParameterLocation.Query, true)));

        var operation = Operation("/guarded", HttpMethod.Post);
        var code = operation.RequestBody!.Content!["application/json"].Schema!.Properties!["code"];
        Assert.That((code.Type, code.Description, code.Enum), Is.EqualTo((JsonSchemaType.String, "登录凭证", default(IList<JsonNode>))));
        Assert.That(operation.Responses!["429"].Headers, Contains.Key("Retry-After"));
        Assert.That(operation.Responses["429"].Content!["application/json"].Examples!.Keys, Is.EqualTo(["太频繁"]));
    }

    [Test]
    public async Task A_document_that_does_not_exist_is_answered_by_an_envelope()
    {
        using var response = await _client.GetAsync("/openapi/v2.json");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("""{"code":-1,"errorMsg":"接口不存在"}"""));
    }

    private OpenApiOperation Operation(string path, HttpMethod method) => _document.Paths[path].Operations![method];
}

/// <summary>Never called; not nested, since MVC finds no nested controller.</summary>
[ApiController]
[Route("guarded")]
[Authorize]
public sealed class GuardedController : ControllerBase
{
    [HttpGet]
    [EndpointSummary("有条件的查询")]
    [EndpointDescription("需要登录。")]
    [Reads("code", "登录凭证", "0a1b2c")]
    public string Get() => "";

    [HttpPost]
    [EndpointSummary("有条件的操作")]
    [EndpointDescription("需要登录。")]
    [Reads("code", "登录凭证", "0a1b2c")]
    [Fails(429, "太频繁")]
    public string Post() => "";
}
