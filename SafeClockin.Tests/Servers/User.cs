using System.Net.Http.Headers;
using System.Text.Json;

namespace SafeClockin.Tests.Servers;

/// <summary>Somebody who is signed in with a service; without an openid, somebody who is not.</summary>
internal sealed record User(HttpClient Service, string? OpenId)
{
    private readonly string? _token = OpenId is null ? null : Tokens.Of(OpenId);

    /// <summary>The status and the envelope that a request is answered with.</summary>
    public async Task<string> AskAsync(string method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(new(method), path);
        if (_token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _token);
        if (body is not null)
            request.Content = Envelopes.Json(body);
        using var response = await Service.SendAsync(request);
        return $"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}";
    }

    /// <summary>The data of a success, or the words of a refusal. A busy database is asked again, as clients do.</summary>
    public async Task<JsonElement> DataAsync(string method, string path, string? body = null)
    {
        var answer = await AskAsync(method, path, body);
        for (var repeats = 0; repeats < 5 && answer.StartsWith("503 ", StringComparison.Ordinal); repeats++)
            answer = await AskAsync(method, path, body);
        if (!answer.StartsWith("200 ", StringComparison.Ordinal))
            throw new InvalidOperationException($"{method} {path}: {answer}");
        var envelope = JsonDocument.Parse(answer[4..]).RootElement;
        return envelope.TryGetProperty("data", out var data) ? data : envelope.GetProperty("errorMsg");
    }

    /// <summary>Invites somebody: the link's id and what the guardian has to show; the words of a refusal instead of both.</summary>
    public async Task<(string Id, string Invitation)> InviteAsync(string name = "妈妈")
    {
        var data = await DataAsync("POST", "/api/guardians", JsonSerializer.Serialize(new { name }));
        return data.ValueKind == JsonValueKind.String
            ? (data.GetString()!, data.GetString()!)
            : (data.GetProperty("id").GetString()!, data.GetProperty("invitation").GetString()!);
    }

    /// <summary>Accepts an invitation: the link's id, or the words of a refusal.</summary>
    public async Task<string> AcceptAsync(string invitation, string name = "小明")
    {
        var data = await DataAsync("POST", "/api/wards", JsonSerializer.Serialize(new { invitation, name }));
        return data.ValueKind == JsonValueKind.String ? data.GetString()! : data.GetProperty("id").GetString()!;
    }

    /// <summary>The ids of those who watch over this user, and of invitations.</summary>
    public Task<List<string>> GuardiansAsync() => IdsAsync("/api/guardians");

    /// <summary>The ids of those whom this user watches over.</summary>
    public Task<List<string>> WardsAsync() => IdsAsync("/api/wards");

    private async Task<List<string>> IdsAsync(string path)
        => [.. (await DataAsync("GET", path)).EnumerateArray().Select(each => each.GetProperty("id").GetString()!)];
}
