using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace SafeClockin.Tests.Servers;

/// <summary>How a mini-program reads the service's answers.</summary>
internal static class Envelopes
{
    public static async Task<long> GetCountAsync(this HttpClient client)
        => await DataAsync(await client.GetAsync("/api/count"));

    public static async Task<long> PostActionAsync(this HttpClient client, string action)
        => await DataAsync(await client.PostAsync("/api/count", Json($$"""{"action":"{{action}}"}""")));

    public static StringContent Json(string body) => new(body, Encoding.UTF8, "application/json");

    private static async Task<long> DataAsync(HttpResponseMessage response)
    {
        using (response)
        {
            var envelope = await response.Content.ReadFromJsonAsync<JsonElement>();
            return envelope.TryGetProperty("data", out var data)
                ? data.GetInt64()
                : throw new InvalidOperationException($"{(int)response.StatusCode} {envelope}");
        }
    }
}
