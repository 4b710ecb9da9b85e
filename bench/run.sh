#!/usr/bin/env bash
# Measures the published service under load and prints tables in Markdown. Needs wrk, mariadbd and mariadb
# (Debian: wrk, mariadb-server-core, mariadb-client-core). Everything listens on loopback and ends with the script.
#   bench/run.sh [seconds of each measurement, 4] [rounds, of which the median is printed, 3]
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-4} rounds=${2:-3}
. bench/common.sh

for store in mysql sqlite; do
  serve 18960 $store
  for _ in 1 2 3; do drive 18960 inc 64; drive 18960 none 64; drive 18960 get 64; done >/dev/null # warm
  printf '\n**%s**\n\n' $store
  echo "| connections | action | requests/s | of the floor | p50 ms | p99 ms | inc/s to statements/s | lost |"
  echo "|---|---|---|---|---|---|---|---|"
  for connections in 1 64 256 1024; do
    rm -f "$work"/figures.*
    lost=0 counted=0 made=0
    for _ in $(seq "$rounds"); do # in turn, so that what disturbs the machine disturbs all alike
      drive 18960 none $connections >>"$work/figures.none"
      before=$(count 18960) statements_before=$(statements)
      drive 18960 inc $connections >"$work/last"
      cat "$work/last" >>"$work/figures.inc"
      read -r _ _ _ requests errors <"$work/last"
      after=$(count 18960)
      # wrk leaves without waiting for its last requests: those may be counted and not acknowledged.
      missing=$((requests - errors - (after - before)))
      lost=$((lost + (missing > 0 ? missing : 0)))
      counted=$((counted + after - before)) made=$((made + $(statements) - statements_before))
      drive 18960 get $connections >>"$work/figures.get"
    done
    read -r floor _ <<<"$(median "$work/figures.none")"
    for action in none inc get; do
      read -r rate p50 p99 _ <<<"$(median "$work/figures.$action")"
      statements="" missing=""
      [ $action = inc ] && missing=$lost
      [ $action = inc ] && [ $store = mysql ] && statements="$(calculate %.1f "$counted / $made") to 1"
      echo "| $connections | ${action/none/none (the floor)} | $rate | $(calculate %.2f "$rate / $floor") | $p50 | $p99 | $statements | $missing |"
    done
  done
  echo; echo "Resident memory after this: $(awk '/VmRSS/ { print int($2 / 1024) }' /proc/$service/status) MB"
  stop $service
done

printf '\n**Replicas on one MySQL, inc, 64 connections each**\n\n'
echo "| replicas | inc/s in all | statements/s | p99 ms of the slowest |"
echo "|---|---|---|---|"
for replicas in 1 2 4; do
  services=()
  for i in $(seq $replicas); do serve $((18960 + i)) mysql; services+=($service); done
  for i in $(seq $replicas); do drive $((18960 + i)) inc 64 >/dev/null; done # warm
  statements_before=$(statements)
  drives=()
  for i in $(seq $replicas); do drive $((18960 + i)) inc 64 >"$work/replica$i" & drives+=($!); done
  wait "${drives[@]}"
  made=$(($(statements) - statements_before))
  cat "$work"/replica* | awk -v r=$replicas -v s=$((made / seconds)) \
    '{ rate += $1; if ($3 > p99) p99 = $3 } END { printf "| %d | %d | %d | %.1f |\n", r, rate, s, p99 }'
  rm "$work"/replica*
  for s in "${services[@]}"; do stop $s; done
done
