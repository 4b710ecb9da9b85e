using Dapper;
using SafeClockin.Domain.Alerts;

namespace SafeClockin.Data.Sqlite;

internal sealed partial class SqliteGuardianRepository : IAlertRepository
{
    private const string LastDay =
        "(SELECT c.day FROM ClockIns c WHERE c.openid = g.ward AND c.day <= @upTo ORDER BY c.day DESC LIMIT 1)";

    public Task ArmAsync(string guardian, string id, long now)
        => _store.RunAsync(connection => connection.Execute(
            """
            UPDATE Guardians SET alert = TRUE, alertAt = @now, armedAt = @now
            WHERE id = @id AND guardian = @guardian AND alert = FALSE
            """,
            new { id, guardian = Bytes(guardian), now }));

    public Task<IReadOnlyList<ArmedLink>> FindAsync(long now, DateOnly upTo, int limit)
        => _store.RunAsync<IReadOnlyList<ArmedLink>>(connection =>
        [
            .. connection.Query<(string Id, byte[] Guardian, string WardName, string? LastDay)>(
                    $"""
                    SELECT g.id, g.guardian, g.wardName, {LastDay}
                    FROM Guardians g WHERE g.alert = TRUE AND g.alertAt <= @now ORDER BY g.alertAt LIMIT @limit
                    """,
                    new { now, upTo = SqliteClockInRepository.Text(upTo), limit })
                .Select(row => new ArmedLink
                {
                    Id = row.Id,
                    Guardian = Text(row.Guardian),
                    WardName = row.WardName,
                    LastDay = row.LastDay is null ? null : SqliteClockInRepository.Day(row.LastDay),
                }),
        ]);

    public Task PostponeAsync(IReadOnlyCollection<string> ids, long now, long until)
        => _store.RunAsync(connection => connection.Execute(
            "UPDATE Guardians SET alertAt = @until WHERE id IN @ids AND alert = TRUE AND alertAt <= @now",
            new { ids, now, until }));

    public Task<IReadOnlySet<string>> ClaimAsync(IReadOnlyCollection<string> ids, Guid mark, long now, long leaseEnd)
        => _store.RunAsync<IReadOnlySet<string>>(connection =>
        {
            var claim = new { ids, mark = mark.ToByteArray(), now, leaseEnd };
            connection.Execute(
                """
                UPDATE Guardians SET alertAt = @leaseEnd, alertClaim = @mark
                WHERE id IN @ids AND alert = TRUE AND alertAt <= @now
                """,
                claim);
            return connection.Query<string>("SELECT id FROM Guardians WHERE id IN @ids AND alertClaim = @mark", claim).ToHashSet();
        });

    public Task ReleaseAsync(Guid mark, IReadOnlyCollection<string> switchedOff, IReadOnlyCollection<string> kept, long lookAt)
        => _store.RunAsync(connection => connection.Execute(
            """
            UPDATE Guardians SET alert = FALSE, alertClaim = NULL WHERE id IN @switchedOff AND alertClaim = @mark;
            UPDATE Guardians SET alertAt = @lookAt, alertClaim = NULL WHERE id IN @kept AND alertClaim = @mark
            """,
            new { switchedOff, kept, mark = mark.ToByteArray(), lookAt }));

    public Task<IReadOnlyList<WaitingLinks>> CountAsync(long by, DateOnly upTo, DateOnly before)
        => _store.RunAsync<IReadOnlyList<WaitingLinks>>(connection =>
        [
            .. connection.Query<(string LastDay, long Count, long ArmedAt)>(
                    $"""
                    SELECT w.lastDay, COUNT(*), MIN(w.armedAt)
                    FROM (SELECT g.armedAt, {LastDay} AS lastDay FROM Guardians g WHERE g.alert = TRUE AND g.alertAt <= @by) w
                    WHERE w.lastDay < @before GROUP BY w.lastDay
                    """,
                    new { by, upTo = SqliteClockInRepository.Text(upTo), before = SqliteClockInRepository.Text(before) })
                .Select(row => new WaitingLinks(SqliteClockInRepository.Day(row.LastDay), (int)row.Count, row.ArmedAt)),
        ]);
}
