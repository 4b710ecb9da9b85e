namespace SafeClockin.Data.MySql;

/// <summary>Somebody else has changed meanwhile what a call was about to change: it is to run again, on what is there now.</summary>
/// <remarks>It says nothing of the rows, as the driver's own text does: they hold openids, and this may be logged.</remarks>
internal sealed class ConflictException() : Exception("Others change the same rows.");
