# What the measurements share: a published service, a MariaDB of their own, and wrk. Sourced by them, in the root folder,
# with $seconds and $rounds set.
work=$(mktemp -d)
database_port=33960
token_secret=a-secret-of-the-benchmark-and-of-nobody-else
trap 'kill $(jobs -p) 2>/dev/null; wait; rm -rf "$work"' EXIT

dotnet publish SafeClockin.Api -c Release -o "$work/service" -v quiet >&2

user=(); [ "$(id -u)" = 0 ] && user=(--user=root)
mariadb-install-db --no-defaults --datadir="$work/db" --auth-root-authentication-method=normal --skip-test-db "${user[@]}" >/dev/null
PATH=$PATH:/usr/sbin mariadbd --no-defaults --datadir="$work/db" --socket="$work/s" --port=$database_port \
  --bind-address=127.0.0.1 --skip-name-resolve --innodb-flush-log-at-trx-commit=1 "${user[@]}" 2>"$work/db.log" &
sql() { mariadb --no-defaults -S "$work/s" -uroot -N -e "$1"; }
until sql "SELECT 1" >/dev/null 2>&1; do sleep 0.2; done

serve() { # port store: starts a replica and waits until it serves
  local store=(STORE=sqlite SQLITE_FILE="$work/count.db")
  [ "$2" = mysql ] && store=(MYSQL_ADDRESS=127.0.0.1:$database_port MYSQL_PASSWORD=)
  env "${store[@]}" TOKEN_SECRET=$token_secret dotnet "$work/service/SafeClockin.Api.dll" --urls "http://127.0.0.1:$1" >"$work/$1.log" &
  service=$!
  until curl -sf "http://127.0.0.1:$1/health/ready" >/dev/null; do sleep 0.1; done
}
stop() { kill "$1"; wait "$1" || true; }

load() { # connections script url arguments: requests/s, p50 and p99 in ms, requests, errors
  wrk -t1 -c"$1" -d"${seconds}s" --latency -s "bench/$2.lua" "$3" -- "${@:4}" | sed -n 's/^FIGURES //p'
}
drive() { load "$3" action "http://127.0.0.1:$1/api/count" "$2"; } # port action connections
tokens() { # number: of as many users, whose openids are oBench and 22 digits
  python3 - "$token_secret" "$1" <<'P'
import base64, hashlib, hmac, json, sys, time
encode = lambda data: base64.urlsafe_b64encode(data).rstrip(b"=")
header = encode(b'{"alg":"HS256","typ":"JWT"}')
for user in range(int(sys.argv[2])):
    claims = {"openid": f"oBench{user:022d}", "session_key": "k", "exp": int(time.time()) + 86400}
    signed = header + b"." + encode(json.dumps(claims).encode())
    print((signed + b"." + encode(hmac.digest(sys.argv[1].encode(), signed, hashlib.sha256))).decode())
P
}
first=0 # the next user who asks
ask() { load "$2" clockin http://127.0.0.1:18960/ "$1" "$work/tokens" $first; } # what connections: the users of $work/tokens in turns
statements() { sql "SHOW GLOBAL STATUS WHERE Variable_name = 'Com_insert'" | cut -f2; }
count() { curl -s "http://127.0.0.1:$1/api/count" | grep -o '[0-9]*}' | tr -d '}'; }
calculate() { awk "BEGIN { printf \"$1\", $2 }"; }
median() { sort -n "$1" | sed -n "$(((rounds + 1) / 2))p"; }
