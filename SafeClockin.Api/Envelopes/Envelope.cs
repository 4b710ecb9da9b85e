using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace SafeClockin.Api.Envelopes;

/// <summary>What every successful answer looks like: <c>{"code":0,"data":…}</c>.</summary>
/// <param name="Data">What the action returned.</param>
[Description("成功")]
public sealed record SuccessEnvelope<T>([property: JsonPropertyOrder(1)] T Data)
{
    /// <summary>0: the request was carried out.</summary>
    [AllowedValues(0)]
    public int Code => 0;
}

/// <summary>What every other answer looks like: <c>{"code":-1,"errorMsg":"…"}</c>.</summary>
/// <param name="ErrorMsg">Why, in Chinese, fit to be shown to a mini-program's user.</param>
[Description("失败")]
public sealed record ErrorEnvelope([property: JsonPropertyOrder(1), Description("原因，可直接显示给用户")] string ErrorMsg)
{
    /// <summary>-1: the request was refused or failed.</summary>
    [AllowedValues(-1)]
    public int Code => -1;
}
