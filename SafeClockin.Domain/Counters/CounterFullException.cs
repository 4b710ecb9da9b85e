namespace SafeClockin.Domain.Counters;

/// <summary>A counter stands so high that its column cannot hold the sum asked for; nothing has changed.</summary>
/// <param name="cause">The driver's own account.</param>
public sealed class CounterFullException(Exception cause) : Exception("The counter's column cannot hold more.", cause);
