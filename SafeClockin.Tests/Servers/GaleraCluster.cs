namespace SafeClockin.Tests.Servers;

/// <summary>Three MariaDB nodes that replicate to each other, on three loopback addresses and one port.</summary>
internal sealed class GaleraCluster : IDisposable
{
    private const string Provider = "/usr/lib/galera/libgalera_smm.so";

    private readonly MariaDb[] _nodes;

    private GaleraCluster(MariaDb[] nodes) => _nodes = nodes;

    public IReadOnlyList<MariaDb> Nodes => _nodes;

    /// <summary>What MYSQL_ADDRESS names.</summary>
    public string Address => string.Join(',', _nodes.Select((node, i) => $"{AddressOf(i)}:{node.Port}"));

    public static GaleraCluster Start()
    {
        if (!File.Exists(Provider))
            Requirement.Missing("Needs the package galera-4");
        var folder = Workspace.NewFolder();
        var (port, groupPort, transferPort) = (MariaDb.FreePort(), MariaDb.FreePort(), MariaDb.FreePort());
        var group = string.Join(',', Enumerable.Range(0, 3).Select(i => $"{AddressOf(i)}:{groupPort}"));

        // The cluster's first state is made by one node alone and copied, so that the others join with what came
        // since and the usual transfer of the whole state, which needs more programs, is left out.
        var script = Path.Combine(folder, "wsrep_sst_copied");
        MariaDb Prepare(int i) => MariaDb.Prepare(
            Path.Combine(folder, $"node{i}"),
            AddressOf(i),
            port,
            "--wsrep-on=ON",
            $"--wsrep-provider={Provider}",
            $"--wsrep-cluster-address=gcomm://{group}",
            $"--wsrep-node-address={AddressOf(i)}:{groupPort}",
            $"--wsrep-sst-receive-address={AddressOf(i)}:{transferPort}",
            $"--wsrep-provider-options=gmcast.listen_addr=tcp://{AddressOf(i)}:{groupPort};ist.recv_addr={AddressOf(i)}:{transferPort};gcache.size=8M",
            "--wsrep-sst-method=copied",
            "--binlog-format=ROW",
            "--innodb-autoinc-lock-mode=2");

        Directory.CreateDirectory(Path.Combine(folder, "node0"));
        var first = Prepare(0);
        first.Launch("--wsrep-new-cluster");
        first.Stop();
        var state = File.ReadLines(Path.Combine(first.Folder, "data", "grastate.dat"))
            .Select(line => line.Split(':', StringSplitOptions.TrimEntries))
            .Where(line => line.Length == 2)
            .ToDictionary(line => line[0], line => line[1]);
        File.WriteAllText(
            script,
            $"""
            #!/bin/sh
            case "$*" in
              *"--role donor"*) echo "done {state["uuid"]}:{state["seqno"]}" ;;
              *) while [ "$1" != --address ]; do shift; done; echo "ready $2/copied"; echo "{state["uuid"]}:{state["seqno"]}" ;;
            esac
            """);
        MariaDb.Run("chmod", ["+x", script]);
        for (var i = 1; i < 3; i++)
            MariaDb.CopyFolder(first.Folder, Path.Combine(folder, $"node{i}"));

        var nodes = new[] { first, Prepare(1), Prepare(2) };
        var cluster = new GaleraCluster(nodes);
        try
        {
            first.Launch("--wsrep-new-cluster");
            nodes[1].Launch();
            nodes[2].Launch();
            return cluster;
        }
        catch
        {
            cluster.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        foreach (var node in _nodes)
            node.Dispose();
    }

    private static string AddressOf(int node) => $"127.0.9.{node + 1}";
}
