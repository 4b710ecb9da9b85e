using System.Net;
using Microsoft.AspNetCore.Connections;
using SafeClockin.Api.Hosting;
using SafeClockin.Tests.Servers;

namespace SafeClockin.Tests.Api;

/// <summary>How many connections the service takes on.</summary>
[Platform("Linux", Reason = "The limit of open files is read from /proc, and other loopback addresses need no setting up.")]
public sealed class ConnectionTests
{
    [Test]
    public void Where_no_limit_of_files_is_told_there_is_none()
        => Assert.That(ConnectionLimit.ReadFileLimit("/nowhere"), Is.EqualTo(int.MaxValue));

    [Test]
    public async Task A_host_of_IPv6_is_one_whatever_addresses_it_has()
    {
        var limit = new ConnectionLimit(16); // of which one host has 14
        var end = new TaskCompletionSource();
        var served = 0;

        var calls = Enumerable.Range(1, 15).Select(i => ServeAsync($"2001:db8::{i}")).Append(ServeAsync("2001:db8:0:1::1")).ToList();

        Assert.That(served, Is.EqualTo(14 + 1));
        end.SetResult();
        await Task.WhenAll(calls);

        Task ServeAsync(string address) => limit.ServeAsync(
            new DefaultConnectionContext { RemoteEndPoint = new IPEndPoint(IPAddress.Parse(address), 1) },
            _ =>
            {
                served++;
                return end.Task;
            });
    }

    [TestCase(1024)]
    [TestCase(800)]
    public async Task Idle_connections_beyond_the_file_limit_neither_end_the_service_nor_shut_a_probe_out(int files)
    {
        var (service, client) = await ServiceProcess.StartByShellAsync($"ulimit -n {files}; exec \"$@\"", Service.EmbeddedStore());
        using var _ = service;
        using var __ = client;
        await client.PostActionAsync("inc");
        var idle = new List<Connection>();
        try
        {
            for (var i = 0; i < 1_500; i++)
                idle.Add(new Connection(client.BaseAddress!, "127.0.0.2"));
            await Task.Delay(500); // for the last of them to be turned away

            Assert.That(idle.Count(connection => connection.IsOpen), Is.InRange(files / 10, files - 400));
            using var probe = new HttpClient { BaseAddress = client.BaseAddress };
            using (var health = await probe.GetAsync("/health"))
                Assert.That((int)health.StatusCode, Is.EqualTo(200));
            // What loads libraries and opens files.
            foreach (var path in new[] { "/", "/site.js", "/docs/", "/openapi/v1.json" })
            {
                using var answer = await probe.GetAsync(path);
                Assert.That((int)answer.StatusCode, Is.EqualTo(200), path);
            }

            Assert.That(await probe.PostActionAsync("inc"), Is.EqualTo(2));
        }
        finally
        {
            idle.ForEach(connection => connection.Dispose());
        }

        Assert.That(
            async () =>
            {
                using var back = new Connection(client.BaseAddress!, "127.0.0.2");
                await back.SendAsync("GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
                return await back.ReadToEndAsync();
            },
            Does.StartWith("HTTP/1.1 200").After(5_000, 100), "places are given back");
        Assert.That(await service.StopAsync(), Is.Zero);
    }

    [Test]
    public async Task Idle_connections_of_many_addresses_leave_the_files_that_the_service_needs()
    {
        const int Files = 1024;
        var (service, client) = await ServiceProcess.StartByShellAsync($"ulimit -n {Files}; exec \"$@\"", Service.EmbeddedStore());
        using var _ = service;
        using var __ = client;
        var idle = new List<Connection>();
        try
        {
            for (var i = 0; i < 900; i++)
                idle.Add(new Connection(client.BaseAddress!, $"127.0.0.{2 + (i % 9)}"));
            await Wait.UntilAsync(() => idle.Count(connection => connection.IsOpen) <= Files - 640);

            Assert.That(idle.Count(connection => connection.IsOpen), Is.GreaterThan(Files / 4));
            Assert.That(await client.PostActionAsync("inc"), Is.EqualTo(1), "on a connection that was there before");
        }
        finally
        {
            idle.ForEach(connection => connection.Dispose());
        }
    }

    [Test]
    public async Task Too_low_a_limit_of_files_stops_the_start_with_one_line()
    {
        var (exitCode, output) = await ServiceProcess.RunToItsEndAsync(
            Service.EmbeddedStore(), shell: "ulimit -n 400; exec \"$@\"");

        Assert.That(exitCode, Is.EqualTo(1));
        Assert.That(output, Does.StartWith("The limit of open files (ulimit -n) is \"400\"; expected "));
        Assert.That(output.TrimEnd(), Does.Not.Contain("\n"));
    }
}
