using System.ComponentModel.DataAnnotations;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using Microsoft.Extensions.DependencyInjection;
using SafeClockin.Tests.Servers;

namespace SafeClockin.Tests.Api;

/// <summary>
/// What every action gets from its types: how requests are read, in which words they are refused, and how answers are wrapped.
/// </summary>
public sealed class BindingTests
{
    private const string Unreadable = """{"code":-1,"errorMsg":"请求格式错误，请求体须为JSON对象"}""";
    private const string NotJson = """{"code":-1,"errorMsg":"请求体须为application/json"}""";

    private Service _service;
    private HttpClient _client;

    [OneTimeSetUp]
    public void Start()
    {
        _service = Service.StartEmbedded(services => services.AddControllers().AddApplicationPart(typeof(BindingTests).Assembly));
        _client = _service.CreateClient();
    }

    [OneTimeTearDown]
    public void Stop()
    {
        _client?.Dispose();
        _service?.Dispose();
    }

    [TestCase("""{"name":"小明"}""", """{"code":0,"data":"小明0"}""")]
    [TestCase("""{"name":"小明","age":7,"unknown":null}""", """{"code":0,"data":"小明7"}""")]
    [TestCase("", """{"code":-1,"errorMsg":"缺少name参数"}""")]
    [TestCase("""{"name":null}""", """{"code":-1,"errorMsg":"缺少name参数"}""")]
    [TestCase("""{"name":" "}""", """{"code":-1,"errorMsg":"缺少name参数"}""")]
    [TestCase("""{"name":1}""", """{"code":-1,"errorMsg":"name参数错误"}""")]
    [TestCase("""{"name":"小明","age":"7"}""", """{"code":-1,"errorMsg":"age参数错误"}""")]
    [TestCase("""{"name":"小明","age":null}""", """{"code":-1,"errorMsg":"age参数错误"}""")]
    [TestCase("""{"name":"小明","age":99999999999}""", """{"code":-1,"errorMsg":"age参数错误"}""")]
    [TestCase("""{"name":"小明","age":200}""", """{"code":-1,"errorMsg":"年龄应为0到150"}""")]
    [TestCase("""{"name":"小明小明小明"}""", """{"code":-1,"errorMsg":"name参数错误"}""")]
    public async Task A_body_is_an_object_whose_fields_are_refused_by_their_names(string body, string answer)
        => Assert.That(await AnswerAsync(Post(body)), Is.EqualTo($"200 {answer}"));

    [TestCase("""{"name":1,"x":1,"x":2}""")]
    [TestCase("""{"name":1,"x":{"a":1,"\u0061":2}}""")]
    [TestCase("""{"name":1} x""")]
    [TestCase("""{"name":1,"x":"\udc00"}""")]
    public async Task A_body_that_is_no_JSON_is_told_before_a_field_that_is_wrong(string body)
        => Assert.That(await AnswerAsync(Post(body)), Is.EqualTo($"400 {Unreadable}"));

    [TestCase("application/json;charset=UTF-8", true)]
    [TestCase("application/json; charset=\"utf-8\"", true)]
    [TestCase("application/json; charset=utf8", true)]
    [TestCase("application/merge-patch+json", true)]
    [TestCase("application/merge-patch+JSON", true)]
    [TestCase("application/json; charset=gbk", false)]
    [TestCase("application/json; charset=utf-16", false)]
    [TestCase("application/json; charset=iso-8859-1", false)]
    [TestCase("application/json; charset=nonsense", false)]
    [TestCase("text/json", false)]
    public async Task A_body_is_declared_as_JSON_in_UTF_8(string contentType, bool isRead)
        => Assert.That(
            await AnswerAsync(Post("""{"name":"a"}""", contentType)),
            Is.EqualTo(isRead ? """200 {"code":0,"data":"a0"}""" : $"415 {NotJson}"));

    [TestCase("application/json")]
    [TestCase("application/json; charset=gbk")]
    [TestCase("multipart/form-data; boundary=x")]
    public async Task A_body_that_is_empty_may_declare_what_it_likes(string contentType)
    {
        Assert.That(await AnswerAsync(Post("", contentType)), Is.EqualTo("""200 {"code":-1,"errorMsg":"缺少name参数"}"""));

        var delete = Post("", contentType);
        delete.Method = HttpMethod.Delete;
        Assert.That(await AnswerAsync(delete), Is.EqualTo("""200 {"code":0,"data":null}"""));
    }

    [TestCase("?number=1", """{"code":0,"data":1}""")]
    [TestCase("?number=one", """{"code":-1,"errorMsg":"number参数错误"}""")]
    [TestCase("?number=99999999999", """{"code":-1,"errorMsg":"number参数错误"}""")]
    [TestCase("?number=", """{"code":-1,"errorMsg":"缺少number参数"}""")]
    [TestCase("", """{"code":-1,"errorMsg":"缺少number参数"}""")]
    [TestCase("?number[]=1", """{"code":-1,"errorMsg":"缺少number参数"}""")]
    [TestCase("?a[b", """{"code":-1,"errorMsg":"缺少number参数"}""")]
    public async Task A_parameter_of_the_query_is_refused_by_its_name(string query, string answer)
        => Assert.That(await AnswerAsync(new(HttpMethod.Get, "/bound" + query)), Is.EqualTo($"200 {answer}"));

    [TestCase("?page=2&size=10", """201 {"code":0,"data":"2/10"}""")]
    [TestCase("?page=&size=10", """200 {"code":-1,"errorMsg":"参数错误"}""")]
    [TestCase("?page=2", """200 {"code":-1,"errorMsg":"缺少size参数"}""")]
    public async Task Values_are_refused_and_made_without_validation_attributes_in_the_same_words(string query, string answer)
        => Assert.That(await AnswerAsync(new(HttpMethod.Put, "/bound" + query)), Is.EqualTo(answer));

    [TestCase(400, Unreadable)]
    [TestCase(404, """{"code":-1,"errorMsg":"接口不存在"}""")]
    [TestCase(409, """{"code":-1,"errorMsg":"请求无法处理"}""")]
    [TestCase(500, """{"code":-1,"errorMsg":"服务器内部错误"}""")]
    public async Task A_bare_status_is_told_in_an_envelope(int status, string answer)
        => Assert.That(await AnswerAsync(new(HttpMethod.Get, $"/bound/{status}")), Is.EqualTo($"{status} {answer}"));

    private static HttpRequestMessage Post(string body, string contentType = "application/json")
    {
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        return new(HttpMethod.Post, "/bound") { Content = content };
    }

    private async Task<string> AnswerAsync(HttpRequestMessage request)
    {
        using var response = await _client.SendAsync(request);
        return $"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}";
    }
}

/// <summary>An endpoint as one would add it; not nested, since MVC finds no nested controller.</summary>
[ApiController]
[Route("bound")]
public sealed class BoundController : ControllerBase
{
    [HttpGet]
    public int Get([Required] int? number) => number!.Value;

    [HttpGet("{status}")]
    public IActionResult GetStatus(int status) => StatusCode(status);

    [HttpPost]
    public string Post(BoundRequest request) => request.Name + request.Age;

    [HttpPut]
    public IActionResult Put([FromQuery] int page, [FromQuery, BindRequired] int size) => StatusCode(201, $"{page}/{size}");

    [HttpDelete]
    public Task DeleteAsync() => Task.CompletedTask;
}

public sealed class BoundRequest
{
    [Required, StringLength(5)]
    public string? Name { get; init; }

    [System.ComponentModel.DataAnnotations.Range(0, 150, ErrorMessage = "年龄应为0到150")]
    public int Age { get; init; }
}
