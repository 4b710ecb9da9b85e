#!/usr/bin/env bash
# Measures the service in turns with what a team might write instead, on one MariaDB, and prints tables in Markdown:
# - none: an unknown action, against an action of ASP.NET Core MVC that binds the body, answers and logs nothing;
# - inc and get: against the route of the express template written anew as small as it gets: Node's HTTP server and mysql2.
# Then what a lone caller gets of what the statement alone and the pipeline alone would leave him.
# Needs what run.sh needs, node and npm. Everything listens on loopback and ends with the script.
#   bench/peers.sh [seconds of each measurement, 4] [rounds, of which the median is printed, 5]
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-4} rounds=${2:-5}
. bench/common.sh

mkdir "$work/mvc" "$work/node"
cp bench/Peer.csproj "$work/mvc"
cat >"$work/mvc/Program.cs" <<'X'
using Microsoft.AspNetCore.Mvc;
var builder = WebApplication.CreateBuilder(args);
builder.Logging.ClearProviders();
builder.Services.AddControllers();
var app = builder.Build();
app.MapControllers();
app.Run();

public record Body(string Action);
public record Answer(int Code, string ErrorMsg);

[ApiController]
public class CountController : ControllerBase
{
    [HttpPost("/api/count")]
    public Answer Post(Body body) => new(-1, body.Action);
}
X
dotnet publish "$work/mvc" -c Release -o "$work/mvc/out" -v quiet >&2
dotnet "$work/mvc/out/Peer.dll" --urls http://127.0.0.1:18961 >"$work/mvc.log" &

npm install --prefix "$work/node" --silent --no-audit --no-fund mysql2@3.24.6 >&2
cat >"$work/node/count.js" <<'X'
const pool = require('mysql2').createPool({ host: '127.0.0.1', port: process.argv[2], user: 'root', database: 'node', connectionLimit: 8 });
require('http').createServer((request, response) => {
  const answer = (error, rows) => {
    response.writeHead(error ? 500 : 200, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(error ? { code: -1, errorMsg: error.message } : { code: 0, data: rows[0].count }));
  };
  const read = error => error ? answer(error) : pool.query('SELECT count FROM Counters WHERE id = 1', answer);
  let body = '';
  request.on('data', part => body += part).on('end', () => {
    if (request.method === 'GET') read();
    else if (JSON.parse(body).action === 'inc') pool.query('UPDATE Counters SET count = count + 1 WHERE id = 1', read);
  });
}).listen(18962, '127.0.0.1');
X
sql "CREATE DATABASE node; CREATE TABLE node.Counters (id INT PRIMARY KEY, count BIGINT NOT NULL); INSERT INTO node.Counters VALUES (1, 0)"
node "$work/node/count.js" $database_port >"$work/node.log" &

serve 18960 mysql
until curl -sf http://127.0.0.1:18962/api/count >/dev/null; do sleep 0.1; done
peer() { if [ "$1" = none ]; then echo 18961; else echo 18962; fi; }
for _ in 1 2 3 4; do # warm
  for action in none inc get; do drive 18960 $action 64; drive "$(peer $action)" $action 64; done
done >/dev/null

echo "| connections | action | requests/s | the peer's | ratio | p99 ms | the peer's |"
echo "|---|---|---|---|---|---|---|"
for connections in 256 64 1; do # what is measured at 1 last is used below
  for action in none inc get; do
    : >"$work/ours.$action"; : >"$work/peers"
    for _ in $(seq "$rounds"); do
      drive 18960 $action $connections >>"$work/ours.$action"
      drive "$(peer $action)" $action $connections >>"$work/peers"
    done
    read -r rate _ p99 _ <<<"$(median "$work/ours.$action")"
    read -r peer_rate _ peer_p99 _ <<<"$(median "$work/peers")"
    echo "| $connections | $action | $rate | $peer_rate | $(calculate %.2f "$rate / $peer_rate") | $p99 | $peer_p99 |"
  done
done

# The statements as the server has seen them, one after another on one connection.
sql "SET GLOBAL log_output = 'TABLE', general_log = 1"
drive 18960 inc 1 >/dev/null; drive 18960 get 1 >/dev/null
sql "SET GLOBAL general_log = 0"
read -r pipeline _ <<<"$(median "$work/ours.none")"
printf '\n| lone caller | statements/s alone | requests/s without a database | limit | requests/s | of the limit |\n|---|---|---|---|---|---|\n'
for action in inc get; do
  verb=SELECT; [ $action = inc ] && verb=INSERT
  statement=$(sql "SELECT REPLACE(argument, '\n', ' ') FROM mysql.general_log WHERE argument LIKE '$verb%Counters%' LIMIT 1")
  { yes "$statement;" || true; } | head -20000 >"$work/statements"
  for _ in $(seq "$rounds"); do
    began=$EPOCHREALTIME
    mariadb --no-defaults --protocol=tcp -P $database_port -uroot flask_demo <"$work/statements" >/dev/null
    calculate '%d\n' "20000 / ($EPOCHREALTIME - $began)"
  done >"$work/alone"
  read -r alone <<<"$(median "$work/alone")"
  read -r rate _ <<<"$(median "$work/ours.$action")"
  limit=$(calculate %d "1 / (1 / $alone + 1 / $pipeline)")
  echo "| $action | $alone | $pipeline | $limit | $rate | $(calculate %.2f "$rate / $limit") |"
done
