#!/usr/bin/env bash
# Measures how guardians look at their wards, 50 each of 1,000 days of clock-ins, against the same pipeline answering a
# signed-in user without a database. Prints a table in Markdown. Needs what clockins.sh needs; everything listens on
# loopback and ends with the script.
#   bench/wards.sh [seconds of each measurement, 4] [rounds, of which the median is printed, 3]
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-4} rounds=${2:-3}
. bench/common.sh
guardians=64

tokens $guardians >"$work/tokens"
serve 18960 mysql
curl -sf -H "Authorization: Bearer $(head -1 "$work/tokens")" http://127.0.0.1:18960/api/wards >/dev/null # makes the tables
sql "USE flask_demo
  INSERT INTO ClockIns SELECT CONCAT('oWard', w.seq), CURRENT_DATE - INTERVAL d.seq DAY, UNIX_TIMESTAMP(CURRENT_DATE - INTERVAL d.seq DAY), 1000 - d.seq
    FROM seq_1_to_$((guardians * 50)) w, seq_0_to_999 d;
  INSERT INTO Guardians (id, ward, wardName, wardSlot, guardian, guardianName, guardianSlot, invitationHash, expiresAt, acceptedAt)
    SELECT CONCAT('id-', seq), CONCAT('oWard', seq), CONCAT('妈妈', seq), 0, CONCAT('oBench', LPAD((seq - 1) DIV 50, 22, '0')), '小明', (seq - 1) MOD 50,
      UNHEX(SHA2(seq, 256)), 0, 0 FROM seq_1_to_$((guardians * 50))"

echo "| guardians | what | requests/s | of the floor | p50 ms | p99 ms |"
echo "|---|---|---|---|---|---|"
for number in 1 $guardians; do
  tokens $number >"$work/tokens"
  for what in user wards; do ask $what 64; done >/dev/null # warm
  rm -f "$work"/figures.*
  for _ in $(seq "$rounds"); do
    for what in user wards; do ask $what 64 >>"$work/figures.$what"; done
  done
  read -r floor _ <<<"$(median "$work/figures.user")"
  for what in user wards; do
    read -r rate p50 p99 _ <<<"$(median "$work/figures.$what")"
    echo "| $number | ${what/user/signed in (the floor)} | $rate | $(calculate %.2f "$rate / $floor") | $p50 | $p99 |"
  done
done
stop "$service"
