using MySqlConnector;

namespace SafeClockin.Data.MySql;

/// <summary>What an error says about the statement that was under way, and about where it was sent.</summary>
internal enum MySqlError
{
    /// <summary>The connection was lost: once sent, a statement may have run or not.</summary>
    ConnectionLost,

    /// <summary>The node did not answer in time, or not in its protocol: once sent, a statement may have run or not.</summary>
    NodeFailed,

    /// <summary>The node takes no writes or no connections now. The statement has not run.</summary>
    NodeUnavailable,

    /// <summary>Rolled back, because another transaction was in the way. The statement has not run.</summary>
    RolledBack,

    /// <summary>The table or the database is not there. The statement has not run.</summary>
    TableMissing,

    /// <summary>The account lacks a right, which it may get meanwhile. The statement has not run.</summary>
    AccessDenied,

    /// <summary>The statement itself is refused, and would be again. It has not run.</summary>
    StatementRefused,
}

internal static class MySqlErrors
{
    /// <summary>
    /// Classifies what was thrown while a statement was under way. The class of its SQLSTATE decides where there is
    /// one, so that errors nobody has thought of are treated as their kind; the numbers are those that share a
    /// SQLSTATE with others, most of them HY000 ("general error").
    /// </summary>
    /// <remarks>
    /// Sources: ISO/IEC 9075-2 for the classes,
    /// https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html for the numbers.
    /// </remarks>
    public static MySqlError Classify(Exception exception)
    {
        // Whatever else the driver throws while it reads, from a broken socket to a cast that fails: the peer sent it.
        if (exception is not MySqlException e)
        {
            return exception switch
            {
                InvalidTableException => MySqlError.StatementRefused,
                ConflictException => MySqlError.RolledBack,
                _ => MySqlError.NodeFailed,
            };
        }

        return (int)e.ErrorCode switch
        {
            (int)MySqlErrorCode.CommandTimeoutExpired => MySqlError.NodeFailed,
            1205 => MySqlError.RolledBack, // lock wait timeout
            1040 or 1047 or 1290 or 1792 or 1836 or 1874 or 3032 or 3100 // full, not in the cluster's primary part, read-only in
                => MySqlError.NodeUnavailable, // five ways, offline, a replication group that takes no writes
            1046 or 1049 or 1146 => MySqlError.TableMissing, // no database selected, unknown database, no such table
            1044 or 1045 or 1142 or 1143 or 1227 or 1370 or 1820 or 1862 // no right to the database, table, column, operation,
                => MySqlError.AccessDenied, // routine; an expired password
            _ => e.SqlState?[..2] switch
            {
                "40" => MySqlError.RolledBack,
                "21" or "22" or "23" or "42" or "44" or "45" => MySqlError.StatementRefused,
                _ => MySqlError.ConnectionLost,
            },
        };
    }
}
