using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;

namespace SafeClockin.Tests.Servers;

/// <summary>
/// Stands in for api.weixin.qq.com on a free loopback port, with nothing between it and the bytes: it can break an
/// answer off at any point. Each code has an answer of its own.
/// </summary>
internal sealed class WeChatStub : IDisposable
{
    public const string AppId = "wx-canary-appid";
    public const string Secret = "wx-canary-secret-5f1d";
    // Long enough for every HMAC, so that a token of another algorithm is refused for that alone.
    public const string TokenSecret = "token-canary-secret-of-more-than-64-bytes-as-HS512-would-ask-for-9c41e7";
    public const string TokenCanary = "access-token-canary-";
    public const string SessionKey = "c2Vzc2lvbi1jYW5hcnk=";

    private readonly X509Certificate2? _certificate;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<string, Func<Stream, CancellationToken, Task>> _answers = [];
    private readonly ConcurrentQueue<string> _targets = [];
    private readonly ConcurrentQueue<string> _headers = [];
    private readonly ConcurrentQueue<(string AccessToken, JsonElement Message)> _messages = [];
    private int _tokens;

    /// <param name="certificate">Has the stub speak TLS; null for plain HTTP.</param>
    public WeChatStub(X509Certificate2? certificate = null)
    {
        _certificate = certificate;
        _listener.Start();
        _ = AcceptAsync();
    }

    public string Url => $"{(_certificate is null ? "http" : "https")}://{_listener.LocalEndpoint}";

    /// <summary>What was asked for, path and query, in order.</summary>
    public IReadOnlyCollection<string> Targets => _targets;

    /// <summary>The headers of what was asked for, a line each.</summary>
    public IReadOnlyCollection<string> Headers => _headers;

    /// <summary>The messages that arrived, each with the access token that it was sent with.</summary>
    public IReadOnlyCollection<(string AccessToken, JsonElement Message)> Messages => _messages;

    /// <summary>How a message is answered: that it was taken, unless a test says otherwise.</summary>
    public Func<(string Receiver, string AccessToken), Func<Stream, CancellationToken, Task>> AnswerToMessage { get; set; } = _ => Taken;

    /// <summary>How an access token is answered, by how many there were: with a new one, unless a test says otherwise.</summary>
    public Func<int, Func<Stream, CancellationToken, Task>> AnswerToToken { get; set; } = AccessToken;

    public static Func<Stream, CancellationToken, Task> Taken { get; } = Text("""{"errcode":0,"errmsg":"ok","msgid":1}""");

    /// <summary>How often an access token was asked for.</summary>
    public int TokenRequests => _targets.Count(target => target == "/cgi-bin/stable_token");

    /// <summary>A number's access token.</summary>
    public static Func<Stream, CancellationToken, Task> AccessToken(int number)
        => Text($$"""{"access_token":"{{TokenCanary}}{{number}}","expires_in":7200}""");

    /// <summary>A certificate of its address, of its own making: good where it is trusted, and there alone.</summary>
    public static X509Certificate2 NewCertificate()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    /// <summary>A refusal as WeChat words it.</summary>
    public static Func<Stream, CancellationToken, Task> Refusal(int errorCode)
        => Text($$"""{"errcode":{{errorCode}},"errmsg":"refused {{TokenCanary}} rid: 65b2-{{Guid.NewGuid()}}"}""");

    /// <summary>Forgets messages and answers, as if just started; access tokens are numbered on.</summary>
    public void Reset()
    {
        _messages.Clear();
        _targets.Clear();
        _headers.Clear();
        (AnswerToMessage, AnswerToToken) = (_ => Taken, AccessToken);
    }

    /// <summary>The settings of a service that logs in here, and counts in a file nobody else uses.</summary>
    public Dictionary<string, string> Settings()
        => new(Service.EmbeddedStore())
        {
            ["WX_APPID"] = AppId,
            ["WX_SECRET"] = Secret,
            ["WX_API_BASE_URL"] = Url,
            ["TOKEN_SECRET"] = TokenSecret,
        };

    /// <summary>The same, with a template of which the only field names the ward.</summary>
    public Dictionary<string, string> AlertSettings()
        => new(Settings())
        {
            ["WX_ALERT_TEMPLATE_ID"] = "template-1",
            ["WX_ALERT_DATA"] = """{"thing1":"{ward}"}""",
        };

    /// <summary>How often a code has arrived.</summary>
    public int Hits(string code) => Targets.Count(target => Query(target)["js_code"] == code);

    /// <summary>A new code, which is answered so.</summary>
    public string CodeAnswered(Func<Stream, CancellationToken, Task> answer)
    {
        var code = "code-canary-" + Guid.NewGuid().ToString("N");
        _answers[code] = answer;
        return code;
    }

    /// <summary>A new code of a user.</summary>
    public string CodeOf(string openId)
        => CodeAnswered(Text($$"""{"session_key":"{{SessionKey}}","openid":"{{openId}}"}"""));

    /// <summary>Logs a user in with a service that asks here, and returns the token.</summary>
    public async Task<string> LogInAsync(HttpClient service, string openId)
    {
        var answer = await service.GetFromJsonAsync<JsonElement>($"/api/login?code={CodeOf(openId)}");
        return answer.GetProperty("data").GetProperty("token").GetString()!;
    }

    /// <summary>A whole answer, JSON declared as text, as WeChat does.</summary>
    public static Func<Stream, CancellationToken, Task> Text(string body)
        => Raw($"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\nConnection: close\r\n\r\n{body}");

    /// <summary>
    /// These bytes, and the end of the connection. A whole answer must announce that end, or the next login may be sent
    /// on the connection that is ending, and fail.
    /// </summary>
    public static Func<Stream, CancellationToken, Task> Raw(string answer)
        => async (stream, stop) => await stream.WriteAsync(Encoding.UTF8.GetBytes(answer), stop);

    /// <summary>These bytes, and then nothing, for ever.</summary>
    public static Func<Stream, CancellationToken, Task> Stalled(string answer)
        => async (stream, stop) =>
        {
            await Raw(answer)(stream, stop);
            await Task.Delay(Timeout.Infinite, stop);
        };

    /// <summary>These bytes, and then more and more of the others.</summary>
    public static Func<Stream, CancellationToken, Task> Endless(string answer, string more, TimeSpan pause)
        => async (stream, stop) =>
        {
            await Raw(answer)(stream, stop);
            while (true)
            {
                await Raw(more)(stream, stop);
                await Task.Delay(pause, stop);
            }
        };

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Dispose();
        _stop.Dispose();
    }

    public static Dictionary<string, StringValues> Query(string target)
        => QueryHelpers.ParseQuery(target[(target.IndexOf('?') + 1)..]);

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = AnswerAsync(await _listener.AcceptTcpClientAsync(_stop.Token), _stop.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task AnswerAsync(TcpClient client, CancellationToken stop)
    {
        using var _ = client;
        try
        {
            await using var stream = await OpenAsync(client);
            using var reader = new StreamReader(stream, Encoding.Latin1, leaveOpen: true); // a character a byte
            if (await reader.ReadLineAsync(stop) is not { Length: > 0 } requestLine)
                return;
            var body = Array.Empty<char>();
            while (await reader.ReadLineAsync(stop) is { Length: > 0 } header)
            {
                _headers.Enqueue(header);
                if (header.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase))
                    body = new char[int.Parse(header.Split(':')[1])];
            }

            if (body.Length > 0) // or it would wait for more
                await reader.ReadBlockAsync(body, stop);
            var target = requestLine.Split(' ')[1];
            _targets.Enqueue(target);
            if (target == "/cgi-bin/stable_token")
            {
                // As https://developers.weixin.qq.com/doc/service/api/base/api_getstableaccesstoken.html has it.
                var expected = $$"""{"grant_type":"client_credential","appid":"{{AppId}}","secret":"{{Secret}}"}""";
                var number = Interlocked.Increment(ref _tokens);
                await (new string(body) == expected ? AnswerToToken(number) : Refusal(40002))(stream, stop);
            }
            else if (target.StartsWith("/cgi-bin/message/subscribe/send?", StringComparison.Ordinal))
            {
                var message = JsonDocument.Parse(Encoding.Latin1.GetBytes(body)).RootElement;
                var accessToken = Query(target)["access_token"].ToString();
                _messages.Enqueue((accessToken, message));
                await AnswerToMessage((message.GetProperty("touser").GetString()!, accessToken))(stream, stop);
            }
            else if (_answers.TryGetValue(Query(target)["js_code"].ToString(), out var answer))
            {
                await answer(stream, stop);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or AuthenticationException)
        {
            // The service hung up, or the test is over.
        }
    }

    private async Task<Stream> OpenAsync(TcpClient client)
    {
        if (_certificate is null)
            return client.GetStream();
        var stream = new SslStream(client.GetStream());
        await stream.AuthenticateAsServerAsync(_certificate);
        return stream;
    }
}
