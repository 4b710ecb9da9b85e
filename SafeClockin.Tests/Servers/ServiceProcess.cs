using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;

namespace SafeClockin.Tests.Servers;

/// <summary>The service as an operator runs it: a process of its own, with nothing set but what the test sets.</summary>
internal sealed partial class ServiceProcess : IDisposable
{
    private static readonly string[] OwnPrefixes = ["MYSQL_", "WX_", "TOKEN_", "LOGIN_", "TRUSTED_", "OTEL_", "ASPNETCORE_"];
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _errors = new();
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<Uri> _address = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ServiceProcess(
        IDictionary<string, string> settings, string? workingFolder, string[]? arguments = null, string? shell = null, bool reads = true)
    {
        WorkingFolder = workingFolder ?? Workspace.NewFolder();
        string[] command = ["dotnet", typeof(Program).Assembly.Location, .. arguments ?? []];
        if (shell is not null)
            command = ["sh", "-c", shell, "sh", .. command];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            WorkingDirectory = WorkingFolder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var name in Environment.GetEnvironmentVariables().Keys.Cast<string>()
            .Where(name => OwnPrefixes.Any(name.StartsWith) || name is "STORE" or "SQLITE_FILE" or "LOG_LEVEL"))
        {
            start.Environment.Remove(name);
        }

        start.Environment["ASPNETCORE_URLS"] = "http://127.0.0.1:0";
        foreach (var (name, value) in settings)
            start.Environment[name] = value;

        _process = new Process { StartInfo = start, EnableRaisingEvents = true };
        _process.OutputDataReceived += (_, line) => Read(line.Data);
        _process.ErrorDataReceived += (_, line) => ReadError(line.Data);
        _process.Exited += (_, _) => _address.TrySetException(new InvalidOperationException("The service has ended."));
        _process.Start();
        if (reads)
            _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>What the process has written so far.</summary>
    public string Output
    {
        get
        {
            lock (_output)
                return _output.ToString();
        }
    }

    /// <summary>The part of it that went to stderr.</summary>
    private string Errors
    {
        get
        {
            lock (_output)
                return _errors.ToString();
        }
    }

    public string WorkingFolder { get; }

    public int Id => _process.Id;

    /// <summary>Starts the service and waits until it listens.</summary>
    public static async Task<(ServiceProcess Process, HttpClient Client)> StartAsync(
        IDictionary<string, string> settings, string? workingFolder = null)
    {
        var service = new ServiceProcess(settings, workingFolder);
        try
        {
            return (service, new HttpClient { BaseAddress = await service._address.Task.WaitAsync(Patience) });
        }
        catch (Exception e)
        {
            service.Dispose();
            throw new InvalidOperationException(service.Output, e);
        }
    }

    /// <summary>
    /// Starts the service by a shell, which runs it as <c>"$@"</c> with other limits, files or rights, and waits until it
    /// answers. Without <paramref name="reads"/> nobody reads what it writes to stdout.
    /// </summary>
    public static async Task<(ServiceProcess Process, HttpClient Client)> StartByShellAsync(
        string shell, IDictionary<string, string> settings, bool reads = true)
    {
        var address = new Uri($"http://127.0.0.1:{MariaDb.FreePort()}");
        var client = new HttpClient { BaseAddress = address };
        var service = new ServiceProcess(
            new Dictionary<string, string>(settings) { ["ASPNETCORE_URLS"] = address.ToString() }, null, null, shell, reads);
        for (var began = Stopwatch.GetTimestamp(); ; await Task.Delay(50))
        {
            try
            {
                using var answer = await client.GetAsync("/health");
                return (service, client);
            }
            catch (HttpRequestException) when (!service._process.HasExited && Stopwatch.GetElapsedTime(began) < Patience)
            {
                // Not yet.
            }
            catch (HttpRequestException e)
            {
                service.Dispose();
                throw new InvalidOperationException(service.Output, e);
            }
        }
    }

    /// <summary>
    /// Starts the service and waits until it listens or ends: the exit code, null when it listened; what it wrote to stderr,
    /// and altogether.
    /// </summary>
    public static async Task<(int? ExitCode, string Errors, string Log)> TryStartAsync(IDictionary<string, string> settings)
    {
        using var service = new ServiceProcess(settings, null);
        var ended = service._process.WaitForExitAsync();
        await Task.WhenAny(ended, service._started.Task).WaitAsync(Patience);
        int? exitCode = service._process.HasExited ? service._process.ExitCode : null;
        if (exitCode is not null)
            await ended; // by then everything is read
        return (exitCode, service.Errors, service.Output);
    }

    /// <summary>Starts the service in a way that soon ends; its exit code and everything it wrote.</summary>
    public static async Task<(int ExitCode, string Output)> RunToItsEndAsync(
        IDictionary<string, string> settings, string[]? arguments = null, string? workingFolder = null, string? shell = null)
    {
        using var service = new ServiceProcess(settings, workingFolder, arguments, shell);
        await service._process.WaitForExitAsync().WaitAsync(Patience);
        return (service._process.ExitCode, service.Output);
    }

    /// <summary>Asks the process to end, as a container platform does, and returns its exit code.</summary>
    public async Task<int> StopAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]);
        await _process.WaitForExitAsync().WaitAsync(Patience);
        return _process.ExitCode;
    }

    /// <summary>The names of the .NET libraries that the process has loaded so far. On Linux only.</summary>
    public IReadOnlyCollection<string> LoadedLibraries()
        => File.ReadLines($"/proc/{Id}/maps")
            .Where(line => line.EndsWith(".dll", StringComparison.Ordinal))
            .Select(line => Path.GetFileNameWithoutExtension(line))
            .ToHashSet();

    /// <summary>Begins to read what it has written, and writes, when nobody did before.</summary>
    public void BeginToRead() => _process.BeginOutputReadLine();

    /// <summary>How much memory the process holds. On Linux only.</summary>
    public long ResidentMegabytes()
        => long.Parse(File.ReadLines($"/proc/{Id}/status").Single(line => line.StartsWith("VmRSS:", StringComparison.Ordinal)).Split(' ')[^2]) / 1024;

    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public void Dispose()
    {
        Kill();
        _process.Dispose();
    }

    private void ReadError(string? line)
    {
        if (line is null)
            return;
        lock (_output)
            _errors.AppendLine(line);
        Read(line);
    }

    private void Read(string? line)
    {
        if (line is null)
            return;
        lock (_output)
            _output.AppendLine(line);
        if (line.Contains("Application started", StringComparison.Ordinal))
            _started.TrySetResult();
        if (Uri.TryCreate(ListeningAddress().Match(line).Groups[1].Value, UriKind.Absolute, out var address))
            _address.TrySetResult(address);
    }

    [GeneratedRegex(@"Now listening on.*(http://127\.0\.0\.1:\d+)")]
    private static partial Regex ListeningAddress();
}
