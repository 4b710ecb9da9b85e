using MySqlConnector;

namespace SafeClockin.Data.MySql;

/// <summary>What a driver's exception says about the statement and the node it was sent to.</summary>
internal enum MySqlFailure
{
    /// <summary>The connection failed or was lost: once sent, a statement may have run or not.</summary>
    Unknown,

    /// <summary>The node cannot take it now: read-only, apart from its cluster, or full. It has not run.</summary>
    NodeRefused,

    /// <summary>Rolled back because another one was in the way. It has not run.</summary>
    Conflict,

    /// <summary>The table or database is not there. It has not run.</summary>
    TableMissing,

    /// <summary>The sum does not fit the column. It has not run.</summary>
    OutOfRange,

    /// <summary>The server refuses this very statement or account; to repeat it would change nothing.</summary>
    OfTheStatement,
}

internal static class MySqlFailures
{
    /// <remarks>
    /// Sources: the server's error reference, https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html,
    /// and Galera's, which answers 1047 outside of its primary component.
    /// </remarks>
    public static MySqlFailure Of(MySqlException e) => (int)e.ErrorCode switch
    {
        1049 or 1146 => MySqlFailure.TableMissing, // ER_BAD_DB_ERROR, ER_NO_SUCH_TABLE
        1205 or 1213 or 3101 => MySqlFailure.Conflict, // lock wait, deadlock, rollback by group replication
        1040 or 1047 or 1290 or 1836 => MySqlFailure.NodeRefused, // ER_CON_COUNT, not primary, --read-only, read only
        1264 or 1690 => MySqlFailure.OutOfRange, // ER_WARN_DATA_OUT_OF_RANGE, ER_DATA_OUT_OF_RANGE
        1044 or 1045 or 1142 or 1227 => MySqlFailure.OfTheStatement, // access denied
        _ => MySqlFailure.Unknown,
    };
}
