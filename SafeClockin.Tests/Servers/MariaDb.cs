using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Dapper;
using MySqlConnector;

namespace SafeClockin.Tests.Servers;

/// <summary>A MariaDB of the tests' own on a loopback address, which may be killed, frozen and started again.</summary>
internal sealed class MariaDb : IDisposable
{
    private const string LogSize = "--innodb-log-file-size=8M";

    /// <summary>The data of an empty server, made once: copying them takes a fiftieth of the time.</summary>
    private static readonly Lazy<string> EmptyData = new(() =>
    {
        var folder = Workspace.NewFolder();
        var data = Path.Combine(folder, "data");
        Run(
            "mariadb-install-db",
            [
                "--no-defaults", $"--datadir={data}", $"--tmpdir={folder}", LogSize,
                "--auth-root-authentication-method=normal", "--skip-test-db", .. AsRoot,
            ]);
        return data;
    });

    private static readonly ConcurrentDictionary<int, bool> GivenPorts = [];

    private readonly string _address;
    private readonly string[] _arguments;
    private Process? _process;

    private MariaDb(string folder, string address, int port, string[] arguments)
    {
        Folder = folder;
        _address = address;
        Port = port;
        _arguments = arguments;
    }

    /// <summary>The server, and what its installation of an empty database calls.</summary>
    public static bool IsInstalled => FindProgram("mariadbd") is not null && FindProgram("my_print_defaults") is not null;

    public int Port { get; }

    /// <summary>Holds its data and its log.</summary>
    public string Folder { get; }

    private static string[] AsRoot => Environment.UserName == "root" ? ["--user=root"] : [];

    private string Log => Path.Combine(Folder, "log.err");

    /// <summary>Starts an empty server; skips the test where MariaDB is not installed.</summary>
    public static MariaDb Start(int? port = null)
    {
        var server = Prepare(Workspace.NewFolder(), "127.0.0.1", port ?? FreePort());
        server.Launch();
        return server;
    }

    /// <summary>Makes a server, empty unless the folder holds one's data, that is not started yet.</summary>
    public static MariaDb Prepare(string folder, string address, int port, params string[] arguments)
    {
        if (!IsInstalled)
            Requirement.Missing("Needs the packages mariadb-server-core and mariadb-client-core");
        var server = new MariaDb(folder, address, port, arguments);
        if (!Directory.Exists(Path.Combine(folder, "data")))
            CopyFolder(EmptyData.Value, Path.Combine(folder, "data"));
        return server;
    }

    public static void CopyFolder(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.EnumerateFiles(from))
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        foreach (var folder in Directory.EnumerateDirectories(from))
            CopyFolder(folder, Path.Combine(to, Path.GetFileName(folder)));
    }

    public void Launch(params string[] furtherArguments)
    {
        var start = new ProcessStartInfo(
            FindProgram("mariadbd")!,
            [
                // Each server has temporary files of its own, because it removes at its start what lies there.
                "--no-defaults", $"--datadir={Folder}/data", $"--tmpdir={Folder}", $"--socket={Folder}/s", $"--port={Port}",
                $"--bind-address={_address}", "--skip-name-resolve", "--innodb-buffer-pool-size=32M", LogSize,
                "--innodb-flush-method=nosync", // the machine goes on when a server is killed: nothing need reach the disk
                "--performance-schema=OFF", "--open-files-limit=4096", "--table-open-cache=64", $"--log-error={Log}", .. AsRoot, .. _arguments, .. furtherArguments,
            ]);
        // A cluster's program for copying its state lies beside its nodes.
        start.Environment["PATH"] = $"{Path.GetDirectoryName(Folder)}:{Environment.GetEnvironmentVariable("PATH")}";
        _process = Process.Start(start)!;
        var began = Stopwatch.GetTimestamp();
        while (_process.HasExited || !Answers())
        {
            if (_process.HasExited || Stopwatch.GetElapsedTime(began) > TimeSpan.FromSeconds(60))
            {
                Kill();
                throw new InvalidOperationException(File.ReadAllText(Log));
            }

            Thread.Sleep(20); // or the attempts would take a processor from the server that starts
        }
    }

    public void Execute(string sql)
    {
        using var connection = Connect();
        connection.Execute(sql);
    }

    public MySqlConnection Connect(string user = "root")
    {
        var connection = new MySqlConnection($"Server={_address};Port={Port};User ID={user};Pooling=false;ConnectionTimeout=2");
        connection.Open();
        return connection;
    }

    /// <summary>Closes every connection of an account.</summary>
    public void KillConnections(string user)
    {
        using var administrator = Connect();
        foreach (var id in administrator.Query<long>(
            "SELECT id FROM information_schema.processlist WHERE user = @user AND id <> CONNECTION_ID()", new { user }))
        {
            administrator.Execute($"KILL {id}");
        }
    }

    /// <summary>Ends it at once, as a power cut does.</summary>
    public void Kill()
    {
        _process!.Kill();
        _process.WaitForExit();
    }

    /// <summary>Ends it in good order.</summary>
    public void Stop()
    {
        Signal("TERM");
        _process!.WaitForExit();
    }

    public void Freeze() => Signal("STOP");

    public void Thaw() => Signal("CONT");

    public void Dispose()
    {
        if (_process is null)
            return; // it was never launched
        Kill();
        _process.Dispose();
    }

    /// <summary>
    /// A port that is free on every loopback address, given to nobody else, and below those that the system gives to
    /// outgoing connections: nothing takes it before the server does.
    /// </summary>
    public static int FreePort()
    {
        while (true)
        {
            var port = Random.Shared.Next(10_000, 32_768);
            if (!GivenPorts.TryAdd(port, true))
                continue;
            try
            {
                using var listener = new TcpListener(IPAddress.Any, port);
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Somebody else's.
            }
        }
    }

    private static string? FindProgram(string name)
        => (Environment.GetEnvironmentVariable("PATH") + ":/usr/sbin:/usr/local/sbin").Split(':')
            .Select(folder => Path.Combine(folder, name))
            .FirstOrDefault(File.Exists);

    public static void Run(string program, IEnumerable<string> arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException(output + errors.Result);
    }

    private void Signal(string signal) => Run("kill", [$"-{signal}", $"{_process!.Id}"]);

    private bool Answers()
    {
        try
        {
            Execute("SELECT 1 FROM mysql.db LIMIT 1"); // refused by a node that has not joined its cluster yet
            return true;
        }
        catch (MySqlException)
        {
            return false;
        }
    }
}
