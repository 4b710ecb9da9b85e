namespace SafeClockin.Domain.Guardians;

/// <summary>That somebody invites whoever holds a secret to watch over them. Once accepted, it is the link between the two.</summary>
/// <param name="Id">Random, and the link's own.</param>
/// <param name="Ward">Who is to be watched over.</param>
/// <param name="WardName">How they are called to their guardian.</param>
/// <param name="SecretHash">SHA-256 of what the guardian has to show.</param>
/// <param name="ExpiresAt">Until when it can be accepted, in seconds since 1970.</param>
/// <param name="Guardian">Who has accepted it; null when nobody has.</param>
public sealed record Invitation(
    string Id, string Ward, string WardName, byte[] SecretHash, long ExpiresAt, string? Guardian = null)
{
    /// <summary>What comes of it when somebody accepts it.</summary>
    /// <param name="invitation">The one that the secret belongs to; null when there is none.</param>
    /// <param name="guardian">Who accepts it.</param>
    /// <param name="wards">Whom they watch over already.</param>
    /// <param name="now">The time, in seconds since 1970.</param>
    public static Acceptance Judge(Invitation? invitation, string guardian, IReadOnlyCollection<string> wards, long now)
        => invitation switch
        {
            null => Acceptance.Invalid,
            { Guardian: { } winner } => winner == guardian ? Acceptance.Repeated : Acceptance.Invalid,
            { ExpiresAt: var end } when end <= now => Acceptance.Invalid,
            { Ward: var ward } when ward == guardian => Acceptance.Own,
            { Ward: var ward } when wards.Contains(ward) => Acceptance.Renewed,
            _ when wards.Count >= GuardianService.WardLimit => Acceptance.Full,
            _ => Acceptance.Linked,
        };
}

/// <summary>What comes of an invitation that somebody accepts.</summary>
public enum Acceptance
{
    /// <summary>Nothing: there is none, or none any more, or somebody else was first.</summary>
    Invalid,

    /// <summary>Nothing: it is their own.</summary>
    Own,

    /// <summary>Nothing: they watch over as many as they may.</summary>
    Full,

    /// <summary>Nothing new: they have accepted it before.</summary>
    Repeated,

    /// <summary>The link that the two have takes its names and its secret, and it is gone.</summary>
    Renewed,

    /// <summary>It becomes the link between the two.</summary>
    Linked,
}
