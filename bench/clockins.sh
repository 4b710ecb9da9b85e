#!/usr/bin/env bash
# Measures clock-ins of distinct users, and reads of their state and month, against the same pipeline answering a
# signed-in user without a database; then the same reads with few and with many users. Prints tables in Markdown. Needs
# what run.sh needs, and python3. Everything listens on loopback and ends with the script.
#   bench/clockins.sh [seconds of each measurement, 4] [rounds, of which the median is printed, 3]
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-4} rounds=${2:-3}
. bench/common.sh

tokens 400000 >"$work/tokens"
status() { sql "SHOW GLOBAL STATUS WHERE Variable_name IN ('Com_insert', 'Com_select')" | awk '{ n += $2 } END { print n }'; }
rows() { sql "SELECT COUNT(*) FROM flask_demo.ClockIns"; }

serve 18960 mysql
for what in user clockin state month user clockin state month; do ask $what 64; done >/dev/null # warm
sql "DELETE FROM flask_demo.ClockIns"
printf '**Clock-ins on MySQL**\n\n'
echo "| connections | what | requests/s | of the floor | p50 ms | p99 ms | statements a clock-in | lost |"
echo "|---|---|---|---|---|---|---|---|"
for connections in 1 64 256; do
  rm -f "$work"/figures.*
  lost=0 taps=0 made=0
  for _ in $(seq "$rounds"); do
    ask user $connections >>"$work/figures.user"
    before=$(rows) status_before=$(status)
    ask clockin $connections >"$work/last"
    cat "$work/last" >>"$work/figures.clockin"
    read -r _ _ _ requests errors <"$work/last"
    missing=$((requests - errors - ($(rows) - before)))
    lost=$((lost + (missing > 0 ? missing : 0)))
    taps=$((taps + requests)) made=$((made + $(status) - status_before))
    first=$((first + requests + 1024))
    ask state $connections >>"$work/figures.state"
    ask month $connections >>"$work/figures.month"
  done
  read -r floor _ <<<"$(median "$work/figures.user")"
  for what in user clockin state month; do
    read -r rate p50 p99 _ <<<"$(median "$work/figures.$what")"
    statements="" missing=""
    [ $what = clockin ] && missing=$lost statements=$(calculate %.3f "$made / $taps")
    echo "| $connections | ${what/user/signed in (the floor)} | $rate | $(calculate %.2f "$rate / $floor") | $p50 | $p99 | $statements | $missing |"
  done
done

printf '\n**64 connections, by the number of users**\n\n'
echo "| users | state, requests/s | month, requests/s | clock-ins/s |"
echo "|---|---|---|---|"
for users in 1000 1000000; do
  sql "DELETE FROM flask_demo.ClockIns; INSERT INTO flask_demo.ClockIns SELECT CONCAT('oBench', LPAD(seq, 22, '0')), CURRENT_DATE - INTERVAL 1 DAY, 0, 1 FROM flask_demo.seq_0_to_$((users - 1))"
  rm -f "$work"/figures.*
  for _ in $(seq "$rounds"); do
    for what in state month clockin; do first=0; ask $what 64 >>"$work/figures.$what"; done
  done
  echo "| $users | $(median "$work/figures.state" | cut -d' ' -f1) | $(median "$work/figures.month" | cut -d' ' -f1) | $(median "$work/figures.clockin" | cut -d' ' -f1) |"
done
stop "$service"
