#!/usr/bin/env bash
# How long the service, published as in the image, takes from its start to its first counted answer on MySQL, and how much
# memory it holds then and after five seconds of 64 connections, against an empty ASP.NET Core service's first answer, in
# turns. Needs wrk. Usage: cold-start.sh [rounds, 20]
# Counts in the MySQL that the MYSQL_ variables name; without MYSQL_ADDRESS in a MariaDB of its own.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
rounds=${1:-20}
work=$(mktemp -d)
processes=()
cleanup() {
  for process in "${processes[@]}"; do kill "$process" 2>/dev/null && wait "$process" || true; done
  rm -rf "$work"
}
trap cleanup EXIT
exec 4<> <(:)

port() { # one that nobody listens on
  local port
  while port=$((20000 + RANDOM % 10000)); { : >"/dev/tcp/127.0.0.1/$port"; } 2>/dev/null; do :; done
  echo $port
}

publish() { # project folder options
  dotnet publish "$1" -c Release -o "$work/$2" -v quiet -nologo "${@:3}"
}

empty() {
  mkdir "$work/source"
  cp "$root/bench/Peer.csproj" "$work/source"
  cat >"$work/source/Program.cs" <<'X'
var app = WebApplication.CreateBuilder(args).Build();
app.MapGet("/", () => "Hello World!");
app.Run();
X
  publish "$work/source" empty --use-current-runtime --no-self-contained -p:PublishReadyToRun=true
}

database() {
  local port; port=$(port)
  mariadb-install-db --no-defaults --datadir="$work/data" --auth-root-authentication-method=normal --skip-test-db \
    --user="$(id -un)" >/dev/null
  PATH=$PATH:/usr/sbin mariadbd --no-defaults --user="$(id -un)" --datadir="$work/data" --socket="$work/socket" \
    --port="$port" --bind-address=127.0.0.1 --skip-name-resolve 2>/dev/null &
  processes+=($!)
  until { : >"/dev/tcp/127.0.0.1/$port"; } 2>/dev/null; do sleep 0.1; done
  export MYSQL_ADDRESS=127.0.0.1:$port MYSQL_USERNAME=root MYSQL_PASSWORD=
}

# Starts a program, sends it a request as soon as it listens, and writes milliseconds and kilobytes, then also those after
# a load, where one is asked for.
measure() { # request load program
  local port began ended process status
  port=$(port)
  began=${EPOCHREALTIME/./}
  ASPNETCORE_URLS=http://127.0.0.1:$port "${@:3}" >"$work/log" 2>&1 &
  process=$!
  while kill -0 $process 2>/dev/null; do
    { exec 3<>"/dev/tcp/127.0.0.1/$port"; } 2>/dev/null && break
    read -rt 0.002 -u 4 || true # a short sleep without a process of its own
  done
  printf '%b' "$1" >&3
  read -r _ status _ <&3
  ended=${EPOCHREALTIME/./}
  exec 3>&-
  [ "$status" = 200 ] || { cat "$work/log" >&2; echo "Answered $status" >&2; exit 1; }
  echo -n "$(((ended - began) / 1000)) $(resident $process)"
  [ -z "$2" ] || { $2 "http://127.0.0.1:$port" >"$work/load"; echo -n " $(resident $process)"; }
  echo
  kill $process
  wait $process || true
}

resident() { awk '/^VmRSS/ { print $2 }' "/proc/$1/status"; }
increments() { wrk -t1 -c64 -d5s -s "$root/bench/action.lua" "$1/api/count" -- inc; }
gets() { wrk -t1 -c64 -d5s "$1/"; }
median() { awk -v column="$2" '{ print $column }' "$1" | sort -n | awk '{ a[NR] = $1 } END { print a[int((NR + 1) / 2)] }'; }

publish "$root/SafeClockin.Api" service -p:PublishProfile=Image
empty
[ -n "${MYSQL_ADDRESS:-}" ] || database

count='POST /api/count HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n{"action":"inc"}'
get='GET / HTTP/1.1\r\nHost: x\r\n\r\n'
for ((round = -1; round < rounds; round++)); do # the first one warms the disk
  [ $round -lt 1 ] && : >"$work/service.times" && : >"$work/empty.times"
  measure "$count" "" "$work/service/SafeClockin.Api" >>"$work/service.times"
  measure "$get" "" dotnet "$work/empty/Peer.dll" >>"$work/empty.times"
done
for _ in 1 2 3; do
  measure "$count" increments "$work/service/SafeClockin.Api" >>"$work/service.loaded"
  measure "$get" gets dotnet "$work/empty/Peer.dll" >>"$work/empty.loaded"
done

report() { # name figures column unit
  local service empty
  service=$(median "$work/service.$2" "$3") empty=$(median "$work/empty.$2" "$3")
  awk -v n="$1" -v s="$service" -v e="$empty" -v u="$4" \
    'BEGIN { printf "%-28s service %7d %s   empty %7d %s   ratio %.2f\n", n, s, u, e, u, s / e }'
}
report 'start to first answer' times 1 ms
report 'resident memory then' times 2 kB
report 'resident memory after load' loaded 3 kB
