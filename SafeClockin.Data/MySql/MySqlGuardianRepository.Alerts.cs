using Dapper;
using SafeClockin.Domain.Alerts;

namespace SafeClockin.Data.MySql;

/// <remarks>
/// Every statement enters the rows by a key: what is to be looked at by (alert, alertAt), where a lease hides what is claimed,
/// and the rest by id. ClockIns is read without locks, in statements that change nothing.
/// </remarks>
internal sealed partial class MySqlGuardianRepository : IAlertRepository
{
    private const string LastDay =
        """
        (SELECT c.`day` FROM `ClockIns` c WHERE c.`openid` = g.`ward` AND c.`day` <= @upTo ORDER BY c.`day` DESC LIMIT 1)
        """;

    public Task ArmAsync(string guardian, string id, long now)
        => _table.RepeatableAsync(connection => connection.ExecuteAsync(
            """
            UPDATE `Guardians` SET `alert` = TRUE, `alertAt` = @now, `armedAt` = @now
            WHERE `id` = @id AND `guardian` = @guardian AND `alert` = FALSE
            """,
            new { id = Bytes(id), guardian = Bytes(guardian), now }));

    public Task<IReadOnlyList<ArmedLink>> FindAsync(long now, DateOnly upTo, int limit)
        => _table.RepeatableAsync<IReadOnlyList<ArmedLink>>(async connection =>
        {
            var rows = await connection.QueryAsync<(byte[] Id, byte[] Guardian, string WardName, DateTime? LastDay)>(
                $"""
                SELECT g.`id`, g.`guardian`, g.`wardName`, {LastDay}
                FROM `Guardians` g WHERE g.`alert` = TRUE AND g.`alertAt` <= @now ORDER BY g.`alertAt` LIMIT @limit
                """,
                new { now, upTo = upTo.ToDateTime(default), limit });
            return
            [
                .. rows.Select(row => new ArmedLink
                {
                    Id = Text(row.Id),
                    Guardian = Text(row.Guardian),
                    WardName = row.WardName,
                    LastDay = row.LastDay is { } day ? DateOnly.FromDateTime(day) : null,
                }),
            ];
        });

    public Task PostponeAsync(IReadOnlyCollection<string> ids, long now, long until)
        => _table.RepeatableAsync(connection => connection.ExecuteAsync(
            "UPDATE `Guardians` SET `alertAt` = @until WHERE `id` IN @ids AND `alert` = TRUE AND `alertAt` <= @now",
            new { ids = ids.Select(Bytes), now, until }));

    public Task<IReadOnlySet<string>> ClaimAsync(IReadOnlyCollection<string> ids, Guid mark, long now, long leaseEnd)
        => _table.RepeatableAsync<IReadOnlySet<string>>(async connection =>
        {
            var claim = new { ids = ids.Select(Bytes), mark = mark.ToByteArray(), now, leaseEnd };
            await connection.ExecuteAsync(
                """
                UPDATE `Guardians` SET `alertAt` = @leaseEnd, `alertClaim` = @mark
                WHERE `id` IN @ids AND `alert` = TRUE AND `alertAt` <= @now
                """,
                claim);
            return (await connection.QueryAsync<byte[]>(
                "SELECT `id` FROM `Guardians` WHERE `id` IN @ids AND `alertClaim` = @mark", claim)).Select(Text).ToHashSet();
        });

    public Task ReleaseAsync(Guid mark, IReadOnlyCollection<string> switchedOff, IReadOnlyCollection<string> kept, long lookAt)
        => _table.RepeatableAsync(async connection =>
        {
            await UpdateAsync(switchedOff, "`alert` = FALSE");
            await UpdateAsync(kept, "`alertAt` = @lookAt");
            return true;

            // Not for none: instead of an empty list Dapper writes a subquery, for which the whole table is read.
            async Task UpdateAsync(IReadOnlyCollection<string> ids, string change)
            {
                if (ids.Count > 0)
                {
                    await connection.ExecuteAsync(
                        $"UPDATE `Guardians` SET {change}, `alertClaim` = NULL WHERE `id` IN @ids AND `alertClaim` = @mark",
                        new { ids = ids.Select(Bytes), mark = mark.ToByteArray(), lookAt });
                }
            }
        });

    public Task<IReadOnlyList<WaitingLinks>> CountAsync(long by, DateOnly upTo, DateOnly before)
        => _table.RepeatableAsync<IReadOnlyList<WaitingLinks>>(async connection =>
        {
            var rows = await connection.QueryAsync<(DateTime LastDay, int Count, long ArmedAt)>(
                $"""
                SELECT w.`lastDay`, COUNT(*), MIN(w.`armedAt`)
                FROM (SELECT g.`armedAt`, {LastDay} AS `lastDay` FROM `Guardians` g WHERE g.`alert` = TRUE AND g.`alertAt` <= @by) w
                WHERE w.`lastDay` < @before GROUP BY w.`lastDay`
                """,
                new { by, upTo = upTo.ToDateTime(default), before = before.ToDateTime(default) });
            return [.. rows.Select(row => new WaitingLinks(DateOnly.FromDateTime(row.LastDay), row.Count, row.ArmedAt))];
        });
}
