using System.Text;
using Dapper;
using Microsoft.Data.Sqlite;
using SafeClockin.Domain.ClockIns;
using SafeClockin.Domain.Guardians;

namespace SafeClockin.Data.Sqlite;

internal sealed partial class SqliteGuardianRepository : IGuardianRepository
{
    public static readonly SqliteTableDefinition Definition = new(
        "Guardians",
        Key: ["id"],
        """
        CREATE TABLE IF NOT EXISTS Guardians (
            id TEXT NOT NULL PRIMARY KEY,
            ward BLOB NOT NULL,
            wardName TEXT NOT NULL,
            wardSlot INTEGER NOT NULL,
            guardian BLOB,
            guardianName TEXT,
            guardianSlot INTEGER,
            invitationHash BLOB NOT NULL UNIQUE,
            expiresAt INTEGER NOT NULL,
            acceptedAt INTEGER,
            alert INTEGER NOT NULL DEFAULT FALSE,
            alertAt INTEGER NOT NULL DEFAULT 0,
            armedAt INTEGER,
            alertClaim BLOB,
            UNIQUE (ward, wardSlot),
            UNIQUE (guardian, guardianSlot),
            UNIQUE (ward, guardian)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS GuardiansToAlert ON Guardians (alert, alertAt)
        """);

    private readonly SqliteStore _store;

    public SqliteGuardianRepository(SqliteStore store)
    {
        _store = store;
        store.AddTables(Definition, SqliteClockInRepository.Definition);
    }

    public Task<bool> AddAsync(Invitation invitation, long now)
        => ChangeAsync(connection =>
        {
            var ward = Bytes(invitation.Ward);
            connection.Execute("DELETE FROM Guardians WHERE ward = @ward AND guardian IS NULL AND expiresAt <= @now", new { ward, now });
            var taken = connection.Query<int>("SELECT wardSlot FROM Guardians WHERE ward = @ward", new { ward });
            if (Slots.Pick(taken, GuardianService.GuardianLimit) is not { } slot)
                return false;
            connection.Execute(
                """
                INSERT INTO Guardians (id, ward, wardName, wardSlot, invitationHash, expiresAt)
                VALUES (@Id, @ward, @WardName, @slot, @SecretHash, @ExpiresAt)
                """,
                new { invitation.Id, ward, invitation.WardName, slot, invitation.SecretHash, invitation.ExpiresAt });
            return true;
        });

    public Task<(Acceptance Acceptance, string? LinkId)> AcceptAsync(byte[] secretHash, string guardian, string guardianName, long now)
        => ChangeAsync<(Acceptance, string?)>(connection =>
        {
            var openId = Bytes(guardian);
            var invitation = connection.Query<(string Id, byte[] Ward, string WardName, long ExpiresAt, byte[]? Guardian)>(
                    "SELECT id, ward, wardName, expiresAt, guardian FROM Guardians WHERE invitationHash = @secretHash", new { secretHash })
                .Select(row => new Invitation(
                    row.Id, Text(row.Ward), row.WardName, secretHash, row.ExpiresAt, row.Guardian is null ? null : Text(row.Guardian)))
                .SingleOrDefault();
            var links = connection.Query<(string Id, byte[] Ward, long Slot)>(
                    "SELECT id, ward, guardianSlot FROM Guardians WHERE guardian = @openId", new { openId })
                .ToDictionary(row => Text(row.Ward));

            var acceptance = Invitation.Judge(invitation, guardian, links.Keys, now);
            switch (acceptance)
            {
                case Acceptance.Repeated:
                    return (acceptance, invitation!.Id);
                case Acceptance.Linked:
                    connection.Execute(
                        """
                        UPDATE Guardians SET guardian = @openId, guardianName = @guardianName, guardianSlot = @slot, acceptedAt = @now
                        WHERE id = @Id
                        """,
                        new
                        {
                            openId,
                            guardianName,
                            slot = Slots.Pick(links.Values.Select(link => (int)link.Slot), GuardianService.WardLimit),
                            now,
                            invitation!.Id,
                        });
                    return (acceptance, invitation.Id);
                case Acceptance.Renewed:
                    var linkId = links[invitation!.Ward].Id;
                    connection.Execute("DELETE FROM Guardians WHERE id = @Id", new { invitation.Id });
                    connection.Execute(
                        """
                        UPDATE Guardians SET wardName = @WardName, guardianName = @guardianName, invitationHash = @secretHash
                        WHERE id = @linkId
                        """,
                        new { invitation.WardName, guardianName, secretHash, linkId });
                    return (acceptance, linkId);
                default:
                    return (acceptance, null);
            }
        });

    public Task<IReadOnlyList<Guardian>> QueryGuardiansAsync(string ward, long now)
        => _store.RunAsync<IReadOnlyList<Guardian>>(connection =>
        [
            .. connection.Query<(string Id, string? Name, long? ExpiresAt)>(
                    """
                    SELECT id, guardianName, iif(guardian IS NULL, expiresAt, NULL) FROM Guardians
                    WHERE ward = @ward AND (guardian IS NOT NULL OR expiresAt > @now)
                    ORDER BY acceptedAt IS NULL, acceptedAt, expiresAt, id
                    """,
                    new { ward = Bytes(ward), now })
                .Select(row => new Guardian(row.Id, row.Name, row.ExpiresAt)),
        ]);

    public Task<ILookup<string, Ward>> QueryWardsAsync(IReadOnlyCollection<string> guardians, DateOnly upTo)
        => _store.RunAsync(connection => guardians
            .SelectMany(guardian => QueryWards(connection, guardian, upTo), (guardian, ward) => (guardian, ward))
            .ToLookup(each => each.guardian, each => each.ward));

    public Task DeleteGuardianAsync(string ward, string id)
        => _store.RunAsync(connection => connection.Execute(
            "DELETE FROM Guardians WHERE id = @id AND ward = @ward", new { id, ward = Bytes(ward) }));

    public Task DeleteWardAsync(string guardian, string id)
        => _store.RunAsync(connection => connection.Execute(
            "DELETE FROM Guardians WHERE id = @id AND guardian = @guardian", new { id, guardian = Bytes(guardian) }));

    public Task EraseAsync(string openId)
        => ChangeAsync(connection => connection.Execute(
            "DELETE FROM Guardians WHERE ward = @openId OR guardian = @openId; DELETE FROM ClockIns WHERE openid = @openId",
            new { openId = Bytes(openId) }));

    /// <summary>Runs statements as one, and nobody else's between them.</summary>
    private Task<T> ChangeAsync<T>(Func<SqliteConnection, T> statements)
        => _store.RunAsync(connection =>
        {
            using var transaction = connection.BeginTransaction(); // takes the write lock
            var result = statements(connection);
            transaction.Commit();
            return result;
        });

    private static IEnumerable<Ward> QueryWards(SqliteConnection connection, string guardian, DateOnly upTo)
        => connection.Query<(string Id, string Name, bool Alert, string? Day, long? At, long? Streak)>(
                """
                SELECT g.id, g.wardName, g.alert, c.day, c.clockedInAt, c.streak
                FROM Guardians g LEFT JOIN ClockIns c ON c.openid = g.ward AND c.day = (
                    SELECT l.day FROM ClockIns l WHERE l.openid = g.ward AND l.day <= @upTo ORDER BY l.day DESC LIMIT 1)
                WHERE g.guardian = @guardian
                """,
                new { guardian = Bytes(guardian), upTo = SqliteClockInRepository.Text(upTo) })
            .Select(row => new Ward(
                row.Id,
                row.Name,
                row.Day is null ? null : new ClockIn(SqliteClockInRepository.Day(row.Day), row.At!.Value, (int)row.Streak!.Value),
                row.Alert));

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static string Text(byte[] bytes) => Encoding.UTF8.GetString(bytes);
}
