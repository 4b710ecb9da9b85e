using System.Globalization;
using System.Text;
using Dapper;
using MySqlConnector;
using SafeClockin.Domain.ClockIns;
using SafeClockin.Domain.Guardians;

namespace SafeClockin.Data.MySql;

/// <remarks>
/// The keys make everything hold that must hold for two rows: one link between two people, the limits of both, one winner.
/// A call reads what is there, decides, and changes that; where another one was first, a key or a condition tells, and it
/// starts anew. So nothing waits for locks, and several nodes may take the changes.
/// </remarks>
internal sealed partial class MySqlGuardianRepository(MySqlStore store) : IGuardianRepository
{
    public static readonly MySqlTableDefinition Definition = new(
        "Guardians",
        Keys: ["id", "ward,wardSlot", "guardian,guardianSlot", "ward,guardian", "invitationHash"],
        $"""
        CREATE TABLE IF NOT EXISTS `Guardians` (
            `id` varbinary(22) NOT NULL,
            `ward` varbinary(64) NOT NULL,
            `wardName` varchar({PersonName.LongestInCodePoints}) CHARACTER SET utf8mb4 NOT NULL,
            `wardSlot` tinyint NOT NULL,
            `guardian` varbinary(64) NULL,
            `guardianName` varchar({PersonName.LongestInCodePoints}) CHARACTER SET utf8mb4 NULL,
            `guardianSlot` tinyint NULL,
            `invitationHash` binary(32) NOT NULL,
            `expiresAt` bigint NOT NULL,
            `acceptedAt` bigint NULL,
            `alert` boolean NOT NULL DEFAULT FALSE,
            `alertAt` bigint NOT NULL DEFAULT 0,
            `armedAt` bigint NULL,
            `alertClaim` binary(16) NULL,
            PRIMARY KEY (`id`),
            UNIQUE KEY (`ward`, `wardSlot`),
            UNIQUE KEY (`guardian`, `guardianSlot`),
            UNIQUE KEY (`ward`, `guardian`),
            UNIQUE KEY (`invitationHash`),
            KEY (`alert`, `alertAt`)
        ) ENGINE = InnoDB
        """);

    private readonly MySqlTable _table = store.AddTable(Definition, MySqlClockInRepository.Definition);

    public Task<bool> AddAsync(Invitation invitation, long now)
        => _table.RepeatableAsync(async connection =>
        {
            var (id, ward) = (Bytes(invitation.Id), Bytes(invitation.Ward));
            var kept = (await connection.QueryAsync<(byte[] Id, int Slot, bool IsExpired)>(
                "SELECT `id`, `wardSlot`, `guardian` IS NULL AND `expiresAt` <= @now FROM `Guardians` WHERE `ward` = @ward",
                new { ward, now })).AsList();
            if (kept.Exists(row => row.Id.SequenceEqual(id)))
                return true; // and the answer was lost
            if (Slots.Pick(kept.Where(row => !row.IsExpired).Select(row => row.Slot), GuardianService.GuardianLimit) is not { } slot)
                return false;

            foreach (var expired in kept.Where(row => row.IsExpired))
                await connection.ExecuteAsync("DELETE FROM `Guardians` WHERE `id` = @Id AND `guardian` IS NULL", new { expired.Id });
            await ChangeAsync(
                connection,
                """
                INSERT INTO `Guardians` (`id`, `ward`, `wardName`, `wardSlot`, `invitationHash`, `expiresAt`)
                VALUES (@id, @ward, @WardName, @slot, @SecretHash, @ExpiresAt)
                """,
                new { id, ward, invitation.WardName, slot, invitation.SecretHash, invitation.ExpiresAt });
            return true;
        });

    public Task<(Acceptance Acceptance, string? LinkId)> AcceptAsync(byte[] secretHash, string guardian, string guardianName, long now)
        => _table.RepeatableAsync<(Acceptance, string?)>(async connection =>
        {
            var openId = Bytes(guardian);
            var invitation = (await connection.QueryAsync<(byte[] Id, byte[] Ward, string WardName, long ExpiresAt, byte[]? Guardian)>(
                    "SELECT `id`, `ward`, `wardName`, `expiresAt`, `guardian` FROM `Guardians` WHERE `invitationHash` = @secretHash",
                    new { secretHash }))
                .Select(row => new Invitation(
                    Text(row.Id), Text(row.Ward), row.WardName, secretHash, row.ExpiresAt, row.Guardian is null ? null : Text(row.Guardian)))
                .SingleOrDefault();
            var links = (await connection.QueryAsync<(byte[] Id, byte[] Ward, int Slot)>(
                    "SELECT `id`, `ward`, `guardianSlot` FROM `Guardians` WHERE `guardian` = @openId",
                    new { openId }))
                .ToDictionary(row => Text(row.Ward));

            var acceptance = Invitation.Judge(invitation, guardian, links.Keys, now);
            switch (acceptance)
            {
                case Acceptance.Repeated:
                    return (acceptance, invitation!.Id);
                case Acceptance.Linked:
                    await ChangeAsync(
                        connection,
                        """
                        UPDATE `Guardians` SET `guardian` = @openId, `guardianName` = @guardianName, `guardianSlot` = @slot, `acceptedAt` = @now
                        WHERE `id` = @id AND `guardian` IS NULL
                        """,
                        new
                        {
                            openId,
                            guardianName,
                            slot = Slots.Pick(links.Values.Select(link => link.Slot), GuardianService.WardLimit),
                            now,
                            id = Bytes(invitation!.Id),
                        });
                    return (acceptance, invitation.Id);
                case Acceptance.Renewed:
                    var linkId = links[invitation!.Ward].Id;
                    await using (var transaction = await connection.BeginTransactionAsync())
                    {
                        await ChangeAsync(
                            connection,
                            "DELETE FROM `Guardians` WHERE `id` = @id AND `guardian` IS NULL",
                            new { id = Bytes(invitation.Id) },
                            transaction);
                        await ChangeAsync(
                            connection,
                            """
                            UPDATE `Guardians` SET `wardName` = @WardName, `guardianName` = @guardianName, `invitationHash` = @secretHash
                            WHERE `id` = @linkId
                            """,
                            new { invitation.WardName, guardianName, secretHash, linkId },
                            transaction);
                        await transaction.CommitAsync();
                    }

                    return (acceptance, Text(linkId));
                default:
                    return (acceptance, null);
            }
        });

    public Task<IReadOnlyList<Guardian>> QueryGuardiansAsync(string ward, long now)
        => _table.RepeatableAsync<IReadOnlyList<Guardian>>(async connection =>
        {
            var rows = await connection.QueryAsync<(byte[] Id, string? Name, long? ExpiresAt)>(
                """
                SELECT `id`, `guardianName`, IF(`guardian` IS NULL, `expiresAt`, NULL) FROM `Guardians`
                WHERE `ward` = @ward AND (`guardian` IS NOT NULL OR `expiresAt` > @now)
                ORDER BY `acceptedAt` IS NULL, `acceptedAt`, `expiresAt`, `id`
                """,
                new { ward = Bytes(ward), now });
            return [.. rows.Select(row => new Guardian(Text(row.Id), row.Name, row.ExpiresAt))];
        });

    /// <remarks>
    /// The last clock-in as one text, so that its index is entered once a ward: a join on the last day enters it four times
    /// and takes the server three times as long. By ORDER BY and LIMIT, as MAX would read all entries of a ward.
    /// </remarks>
    public Task<ILookup<string, Ward>> QueryWardsAsync(IReadOnlyCollection<string> guardians, DateOnly upTo)
        => _table.RepeatableAsync(async connection =>
        {
            var rows = await connection.QueryAsync<(byte[] Guardian, byte[] Id, string Name, bool Alert, string? LastClockIn)>(
                """
                SELECT g.`guardian`, g.`id`, g.`wardName`, g.`alert`, (
                    SELECT CONCAT_WS(' ', c.`day`, c.`clockedInAt`, c.`streak`) FROM `ClockIns` c
                    WHERE c.`openid` = g.`ward` AND c.`day` <= @upTo ORDER BY c.`day` DESC LIMIT 1)
                FROM `Guardians` g WHERE g.`guardian` IN @guardians
                """,
                new { guardians = guardians.Select(Bytes), upTo = upTo.ToDateTime(default) });
            return rows.ToLookup(
                row => Text(row.Guardian),
                row => new Ward(Text(row.Id), row.Name, row.LastClockIn is null ? null : ParseClockIn(row.LastClockIn), row.Alert));
        });

    public Task DeleteGuardianAsync(string ward, string id)
        => _table.RepeatableAsync(connection => connection.ExecuteAsync(
            "DELETE FROM `Guardians` WHERE `id` = @id AND `ward` = @ward",
            new { id = Bytes(id), ward = Bytes(ward) }));

    public Task DeleteWardAsync(string guardian, string id)
        => _table.RepeatableAsync(connection => connection.ExecuteAsync(
            "DELETE FROM `Guardians` WHERE `id` = @id AND `guardian` = @guardian",
            new { id = Bytes(id), guardian = Bytes(guardian) }));

    public Task EraseAsync(string openId)
        => _table.RepeatableAsync(async connection =>
        {
            var user = new { openId = Bytes(openId) };
            await using var transaction = await connection.BeginTransactionAsync();
            await connection.ExecuteAsync("DELETE FROM `Guardians` WHERE `ward` = @openId", user, transaction);
            await connection.ExecuteAsync("DELETE FROM `Guardians` WHERE `guardian` = @openId", user, transaction);
            var clockIns = await connection.ExecuteAsync("DELETE FROM `ClockIns` WHERE `openid` = @openId", user, transaction);
            await transaction.CommitAsync();
            return clockIns;
        });

    /// <summary>Changes one row, or else throws a <see cref="ConflictException"/>.</summary>
    private static async Task ChangeAsync(
        MySqlConnection connection, string sql, object parameters, MySqlTransaction? transaction = null)
    {
        try
        {
            if (await connection.ExecuteAsync(sql, parameters, transaction) == 1)
                return;
        }
        catch (MySqlException e) when (e.ErrorCode == MySqlErrorCode.DuplicateKeyEntry)
        {
            // Somebody else has the place, or the link.
        }

        throw new ConflictException();
    }

    private static ClockIn ParseClockIn(string text)
    {
        var parts = text.Split(' ');
        var culture = CultureInfo.InvariantCulture;
        return new(DateOnly.ParseExact(parts[0], "yyyy-MM-dd", culture), long.Parse(parts[1], culture), int.Parse(parts[2], culture));
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static string Text(byte[] bytes) => Encoding.UTF8.GetString(bytes);
}
