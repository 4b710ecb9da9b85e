namespace SafeClockin.Data;

/// <summary>A table that stands in the database and cannot keep what the service promises.</summary>
/// <param name="table">Its name.</param>
/// <param name="flaw">What is wrong with it, for the operator.</param>
internal sealed class InvalidTableException(string table, string flaw) : Exception($"the table {table} cannot be used: {flaw}");
