using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using SafeClockin.Tests.Api;
using SafeClockin.Tests.Servers;

namespace SafeClockin.Tests.Shipping;

/// <summary>
/// What the measurements make of what they measure. Stand-ins are served, loaded and counted: of each three measurements in a
/// row the second is the fastest and the third the median, and each call that changes something is answered 318 times and
/// kept 317 times, and each third 320 times, as what is kept need not have been answered.
/// </summary>
[Platform("Linux", Reason = "They are scripts of its shell and read its /proc.")]
public sealed class BenchTests
{
    private ScriptFolder _folder;

    [SetUp]
    public async Task WriteAsync()
    {
        _folder = new();
        await _folder.CopyAsync("bench/common.sh");
        await _folder.StandInAsync("python3", "#!/bin/sh\necho \"$3\"\n"); // for so many tokens
        await _folder.StandInAsync("mariadb-install-db", """
            #!/bin/sh
            case $* in *--auth-root-authentication-method=normal*) ;; *) exit 1 ;; esac # or nobody but root gets in
            """);
        await _folder.StandInAsync("mariadbd", """
            #!/bin/sh
            # Reached from this machine alone, and with each commit on the disk, as in production.
            case $* in *--bind-address=127.0.0.1\ *--innodb-flush-log-at-trx-commit=1\ *) exec sleep 600 ;; esac
            """);
        await _folder.StandInAsync("dotnet", """
            #!/bin/bash
            case $1 in publish) exit ;; *SafeClockin.Api.dll) ;; *) exec sleep 600 ;; esac
            # A store of the measurement's own, and a port that nobody else listens on.
            [ "$STORE" ] || [ "$MYSQL_ADDRESS${MYSQL_PASSWORD-unset}" = "$MYSQL_ADDRESS" ] || kill $PPID
            url=${!#} port=port${url##*:}
            mkdir "$port" 2>/dev/null || kill $PPID
            trap 'kill $!; rmdir "$port"; exit' TERM
            sleep 600 &
            wait
            """);
        await _folder.StandInAsync("curl", """
            #!/bin/bash
            mapfile changes <changes
            echo "{\"code\":0,\"data\":$((${#changes[@]} * 317 + ${#changes[@]} / 3 * 3))}"
            """);
        await _folder.StandInAsync("mariadb", """
            #!/bin/bash
            mapfile changes <changes; mapfile rows <rows
            case ${!#} in
              *Com_select*) printf 'Com_insert\t%d\nCom_select\t%d\n' $((${#changes[@]} * 10)) $((${#changes[@]} * 6)) ;;
              *Com_insert*) printf 'Com_insert\t%d\n' $((${#changes[@]} * 10)) ;;
              *COUNT*) echo $((${#rows[@]} * 317 + ${#rows[@]} / 3 * 3)) ;;
              DELETE*Ins|DELETE*CURRENT_DATE\ -\ INTERVAL\ 1\ DAY,*) : >rows ;; # nobody has clocked in today
              DELETE*) exit 1 ;;
            esac
            """);
        // Of those who have clocked in it keeps the next user: whoever comes before that one makes no row. Up to 256 users
        // more have, as calls are under way when it leaves.
        await _folder.StandInAsync("wrk", """
            #!/bin/bash
            connections=${2#-c} url=$7 what=$9 tokens=${10} first=${11}
            port=${url##*:} port=${port%%/*}
            case $what in none|user) base=10 ;; inc|clockin) base=5 ;; get|state) base=8 ;; *) base=6 ;; esac
            case $what in inc|clockin) echo >>changes ;; esac
            mapfile -t rows <rows
            next=0; [ ${#rows[@]} = 0 ] || next=${rows[-1]}
            [ $what = clockin ] && [ $first -ge $next ] && echo $((first + 320 + 256)) >>rows
            if [ $port = 18960 ]; then
              echo >>calls.$what
              mapfile calls <calls.$what
              turns=(20 10 30)
              rate=$((base * connections * ${turns[${#calls[@]} % 3]}))
            else
              rate=$((port - 18960))000
            fi
            [ $what = wards ] && rate=$((rate + $(cat "$tokens")))
            echo "FIGURES $rate $rate.5 $((port == 18960 ? rate * 2 : 5000 - rate)) 320 2"
            """);
        await _folder.WriteAsync("changes", "");
        await _folder.WriteAsync("rows", "");
    }

    [Test]
    public async Task Counting_is_told_by_the_median_of_the_rounds_against_the_floor_with_what_was_lost()
    {
        var output = await MeasureAsync("run", "2", "3");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(output, Does.Contain("| connections | action | requests/s | of the floor | p50 ms | p99 ms | inc/s to statements/s | lost |\n"));
            foreach (var connections in new[] { 1, 64, 256, 1024 })
            {
                Assert.That(output, Does.Contain(Row(connections, "none (the floor)", 200, "1.00", "", "")));
                Assert.That(output, Does.Contain(Row(connections, "inc", 100, "0.50", "31.8 to 1", "2")), "on MySQL");
                Assert.That(output, Does.Contain(Row(connections, "inc", 100, "0.50", "", "2")), "on the embedded store");
                Assert.That(output, Does.Contain(Row(connections, "get", 160, "0.80", "", "")));
            }

            Assert.That(output, Does.Contain("| 1 | 1000 | 5 | 4000.0 |\n| 2 | 3000 | 10 | 4000.0 |\n| 4 | 10000 | 20 | 4000.0 |\n"), "replicas");
        }
    }

    [Test]
    public async Task Clock_ins_are_measured_of_users_who_have_not_clocked_in_yet()
    {
        var output = await MeasureAsync("clockins", "1", "3");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(output, Does.Contain("| connections | what | requests/s | of the floor | p50 ms | p99 ms | statements a clock-in | lost |\n"));
            foreach (var connections in new[] { 1, 64, 256 })
            {
                Assert.That(output, Does.Contain(Row(connections, "signed in (the floor)", 200, "1.00", "", "")));
                Assert.That(output, Does.Contain(Row(connections, "clockin", 100, "0.50", "0.050", "2")));
                Assert.That(output, Does.Contain(Row(connections, "state", 160, "0.80", "", "")));
                Assert.That(output, Does.Contain(Row(connections, "month", 120, "0.60", "", "")));
            }

            Assert.That(output, Does.Contain($"| 1000 | {160 * 64} | {120 * 64} | {100 * 64} |\n| 1000000 | {160 * 64} | {120 * 64} | {100 * 64} |\n"));
        }
    }

    [Test]
    public async Task Looking_at_wards_is_told_for_one_guardian_and_for_many()
    {
        var output = await MeasureAsync("wards", "1", "3");

        var lines = output.Split('\n');
        Assert.That(lines[0], Is.EqualTo("| guardians | what | requests/s | of the floor | p50 ms | p99 ms |"));
        Assert.That(
            lines[2..^1],
            Is.EqualTo(from guardians in new[] { 1, 64 }
                       from row in new[] { ("signed in (the floor)", 200, "1.00"), ("wards", 120, "0.60") }
                       let rate = (row.Item2 * 64) + (row.Item1 == "wards" ? guardians : 0)
                       select $"| {guardians} | {row.Item1} | {rate} | {row.Item3} | {rate}.5 | {rate * 2} |"));
    }

    [Test]
    public async Task Peers_are_told_beside_the_service_and_a_lone_caller_beside_what_limits_it()
    {
        await _folder.CopyAsync("bench/Peer.csproj");
        await _folder.StandInAsync("npm", "#!/bin/sh\n");
        await _folder.StandInAsync("node", "#!/bin/sh\nexec sleep 600\n");
        // The statement of an increment takes a second where it is told 20,000 times.
        await _folder.StandInAsync("mariadb", """
            #!/bin/bash
            case $* in
              *argument\ LIKE*) echo "${!#}" ;;
              *--protocol=tcp*) mapfile -t statements; [[ ${#statements[@]}${statements[0]} != 20000*INSERT* ]] || sleep 1 ;;
            esac
            """);

        var output = await MeasureAsync("peers", "1");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(output, Does.Contain("| connections | action | requests/s | the peer's | ratio | p99 ms | the peer's |\n"));
            foreach (var connections in new[] { 256, 64, 1 })
            {
                foreach (var (action, rate, peer) in new[] { ("none", 200, 1000), ("inc", 100, 2000), ("get", 160, 2000) })
                {
                    var ratio = ((double)rate * connections / peer).ToString("F2");
                    Assert.That(output, Does.Contain(
                        $"| {connections} | {action} | {rate * connections} | {peer} | {ratio} | {rate * connections * 2} | {5_000 - peer} |\n"));
                }
            }

            var rows = Regex.Matches(output, @"^\| (inc|get) \| (\d+) \| 200 \| (\d+) \| (\d+) \| (\d\.\d\d) \|$", RegexOptions.Multiline)
                .Select(row => row.Groups.Values.Skip(2).Select(figure => double.Parse(figure.Value)).ToList()).ToList();
            Assert.That(rows.Select(row => row[2]), Is.EqualTo(new[] { 100, 160 }), output);
            Assert.That(rows[0][0], Is.InRange(1, 20_000), "statements a second");
            foreach (var row in rows)
            {
                Assert.That(row[1], Is.EqualTo(1 / (1 / row[0] + 1 / 200.0)).Within(1), output);
                Assert.That(row[3], Is.EqualTo(row[2] / row[1]).Within(0.006), output);
            }
        }
    }

    /// <summary>The service takes half a second to its start and 40 MB for a request, the empty service nothing and 10 MB.</summary>
    [Test]
    public async Task A_start_is_told_by_its_time_and_memory_against_those_of_an_empty_service()
    {
        await _folder.CopyAsync("bench/Peer.csproj");
        await _folder.WriteAsync("serve", """
            #!/usr/bin/python3
            import http.server, os, sys, time
            time.sleep(float(sys.argv[1]))
            kept = []
            class Handler(http.server.BaseHTTPRequestHandler):
                def answer(self):
                    kept.append(b'x' * (int(sys.argv[2]) << 20))
                    self.send_response(200)
                    self.end_headers()
                do_GET = do_POST = answer
            port = int(os.environ['ASPNETCORE_URLS'].split(':')[-1])
            http.server.HTTPServer(('127.0.0.1', port), Handler).serve_forever()
            """);
        await _folder.StandInAsync("dotnet", """
            #!/bin/sh
            [ "$1" = publish ] || exec ./serve 0 10
            case "$*" in *SafeClockin.Api\ *-p:PublishProfile=Image) ;; *SafeClockin.Api\ *) exit 1 ;; esac
            mkdir "$6"
            printf '#!/bin/sh\nexec ./serve 0.5 40\n' >"$6/SafeClockin.Api"
            chmod +x "$6/SafeClockin.Api"
            """);
        await _folder.StandInAsync("mariadbd", """
            #!/bin/bash
            for option; do [[ $option != --port=* ]] || exec /usr/bin/python3 -m http.server --bind 127.0.0.1 "${option#*=}"; done
            """);
        await _folder.StandInAsync("wrk", """
            #!/bin/bash
            for url; do [[ $url == http:* ]] && break; done
            host=${url#http://} host=${host%%/*}
            exec 3<>"/dev/tcp/${host/:/\/}"
            printf 'GET / HTTP/1.1\r\n\r\n' >&3
            read -r _ <&3
            """);

        var output = await MeasureAsync("cold-start", "1");

        var rows = Regex.Matches(output, @"^(\D+?) +service +(\d+) (\w+) +empty +(\d+) \3 +ratio (\d+\.\d\d)$", RegexOptions.Multiline)
            .Select(row => (Service: double.Parse(row.Groups[2].Value), Empty: double.Parse(row.Groups[4].Value), Ratio: double.Parse(row.Groups[5].Value)))
            .ToList();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(rows, Has.Count.EqualTo(3), output);
            Assert.That(rows.Select(row => row.Ratio - row.Service / row.Empty), Is.All.Zero.Within(0.006), output);
            Assert.That(rows[0].Service, Is.InRange(500, 50_000), "milliseconds");
            Assert.That(rows[1].Service - rows[1].Empty, Is.EqualTo(30 << 10).Within(2 << 10), "kilobytes of one request");
            Assert.That(rows[2].Service - rows[2].Empty, Is.EqualTo(60 << 10).Within(2 << 10), "of two");
        }
    }

    [Test]
    public async Task Of_several_starts_the_median_is_told()
    {
        await _folder.CopyAsync("bench/cold-start.sh");
        await _folder.WriteAsync("figures", "9 20\n9 10\n9 30\n");
        await _folder.WriteAsync("tell", "#!/bin/bash\neval \"$(grep '^median()' bench/cold-start.sh)\"\nmedian figures 2\n");

        Assert.That((await _folder.RunAsync("tell")).Output, Is.EqualTo("20\n"));
    }

    [Test]
    public async Task Starts_with_settings_that_nobody_means_are_made_as_often_as_asked()
    {
        await _folder.StandInAsync("dotnet", "#!/bin/sh\necho \"$SETTINGS_FUZZ_STARTS $*\"\n");

        var run = Regex.Match(await MeasureAsync("settings-fuzz", "5"), @"^5 test SafeClockin\.Tests --filter FullyQualifiedName~(\S+) ");

        Assert.That(typeof(SettingsFuzzTests).FullName, run.Success ? Does.Contain(run.Groups[1].Value) : Is.Null);
    }

    [Test]
    public async Task The_tokens_that_measurements_ask_with_are_signed_for_the_users_of_their_statements()
    {
        await _folder.WriteAsync("tokens", $"""
            #!/bin/bash
            token_secret={WeChatStub.TokenSecret}
            eval "$(sed -n '/^tokens()/,/^first=/p' bench/common.sh)"
            tokens 2
            """);
        await _folder.StandInAsync("python3", "#!/bin/sh\nexec /usr/bin/python3 \"$@\"\n");

        var (_, output, errors) = await _folder.RunAsync("tokens");

        using var service = Service.Start(new Dictionary<string, string>(Service.EmbeddedStore()) { ["TOKEN_SECRET"] = WeChatStub.TokenSecret });
        using var client = service.CreateClient();
        var users = new List<string?>();
        foreach (var token in output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            client.DefaultRequestHeaders.Authorization = new("Bearer", token);
            users.Add((await client.GetFromJsonAsync<JsonElement>("/api/user")).GetProperty("data").GetProperty("openid").GetString());
        }

        Assert.That(users, Is.EqualTo(new[] { "oBench" + new string('0', 22), "oBench" + new string('0', 21) + "1" }), errors);
        foreach (var script in new[] { "clockins", "wards" })
            Assert.That(Repository.Read($"bench/{script}.sh"), Does.Match(@"CONCAT\('oBench', LPAD\(.+?, 22, '0'\)\)"));
    }

    /// <summary>What a script prints.</summary>
    private async Task<string> MeasureAsync(string script, params string[] arguments)
    {
        var file = $"bench/{script}.sh";
        await _folder.CopyAsync(file);
        var (code, output, errors) = await _folder.RunAsync(file, arguments);
        Assert.That(code, Is.Zero, errors);
        Assert.That(output, Does.Not.Match(@"(?m)^\d+( [\d.]+)+$"), "figures stand in tables");
        Assert.That(Directory.EnumerateFileSystemEntries(_folder.Temporary), Is.Empty);
        return output;
    }

    private static string Row(int connections, string what, int rate, string ofTheFloor, string statements, string lost)
        => $"| {connections} | {what} | {rate * connections} | {ofTheFloor} | {rate * connections}.5 | {rate * connections * 2} | {statements} | {lost} |";
}
