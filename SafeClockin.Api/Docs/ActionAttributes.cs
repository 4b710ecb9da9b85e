namespace SafeClockin.Api.Docs;

/// <summary>What the <c>data</c> of an action, or of a controller's actions, may look like, for the API document.</summary>
/// <param name="json">The value of <c>data</c>, as JSON.</param>
[AttributeUsage(AttributeTargets.Method | AttributeTargets.Class)]
public sealed class DataExampleAttribute(string json) : Attribute
{
    /// <summary>The value of <c>data</c>, as JSON.</summary>
    public string Json => json;
}

/// <summary>
/// An error envelope that an action may answer with, for the API document. Left out is what follows from elsewhere:
/// 500 for every action, 400, 413 and 415 when it reads a body, 401 when it demands a token.
/// </summary>
/// <param name="status">HTTP status; 200 for a refusal.</param>
/// <param name="messages">Each <c>errorMsg</c> it comes with.</param>
[AttributeUsage(AttributeTargets.Method | AttributeTargets.Class, AllowMultiple = true)]
public sealed class FailsAttribute(int status, params string[] messages) : Attribute
{
    /// <summary>HTTP status; 200 for a refusal.</summary>
    public int Status => status;

    /// <summary>Each <c>errorMsg</c> it comes with.</summary>
    public IReadOnlyList<string> Messages => messages;
}

/// <summary>
/// The text that an action reads from the request by itself, for the API document: on a GET a parameter of the
/// query string, otherwise a field of the JSON body.
/// </summary>
/// <param name="name">The text's name.</param>
/// <param name="description">What it means, in Chinese.</param>
/// <param name="examples">Values it may have.</param>
[AttributeUsage(AttributeTargets.Method | AttributeTargets.Class)]
public sealed class ReadsAttribute(string name, string description, params string[] examples) : Attribute
{
    /// <summary>The text's name.</summary>
    public string Name => name;

    /// <summary>What it means, in Chinese.</summary>
    public string Description => description;

    /// <summary>Values it may have.</summary>
    public IReadOnlyList<string> Examples => examples;

    /// <summary>Whether the examples are all it may be.</summary>
    public bool IsOneOfExamples { get; init; }
}
