using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Text;

namespace SafeClockin.Data.Sqlite;

/// <summary>Tells a file from another one that has taken its name.</summary>
/// <param name="Device">The file system that holds it.</param>
/// <param name="Number">Its number there, which is not given again while the file is open.</param>
internal readonly record struct FileIdentity(ulong Device, ulong Number)
{
    /// <summary>The identity of the file of this name; null when there is none.</summary>
    public static FileIdentity? Find(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            // Windows does not let go of a file that is open, and macOS knows when a file was made.
            return File.Exists(path) ? new(0, (ulong)File.GetCreationTimeUtc(path).Ticks) : null;
        }

        // .NET does not tell a file's number. Unlike stat's, the layout of statx is the same on every machine:
        // https://man7.org/linux/man-pages/man2/statx.2.html
        const int WorkingDirectory = -100; // AT_FDCWD
        const int NumberOffset = 32;
        const int DeviceOffset = 136;
        var status = new byte[256];
        return statx(WorkingDirectory, Encoding.UTF8.GetBytes(path + '\0'), 0, 0x100 /* STATX_INO */, status) == 0
            ? new(
                BinaryPrimitives.ReadUInt64LittleEndian(status.AsSpan(DeviceOffset)),
                BinaryPrimitives.ReadUInt64LittleEndian(status.AsSpan(NumberOffset)))
            : null;
    }

    [SupportedOSPlatform("linux")]
    [DllImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int statx(int directory, byte[] path, int flags, uint mask, byte[] status);
}
