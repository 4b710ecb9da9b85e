using System.Text.Json.Serialization;

namespace SafeClockin.Api.Envelopes;

/// <summary>What every successful answer looks like: <c>{"code":0,"data":…}</c>.</summary>
/// <param name="Data">What the action returned.</param>
public sealed record SuccessEnvelope([property: JsonPropertyOrder(1)] object? Data)
{
    /// <summary>0: the request was carried out.</summary>
    public int Code => 0;
}

/// <summary>What every other answer looks like: <c>{"code":-1,"errorMsg":"…"}</c>.</summary>
/// <param name="ErrorMsg">Why, in Chinese, fit to be shown to a mini-program's user.</param>
public sealed record ErrorEnvelope([property: JsonPropertyOrder(1)] string ErrorMsg)
{
    /// <summary>-1: the request was refused or failed.</summary>
    public int Code => -1;
}
