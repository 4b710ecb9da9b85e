#!/usr/bin/env bash
# Starts the service thousands of times with settings that nobody means: it serves, or says in one line what is wrong.
#   bench/settings-fuzz.sh [starts, 2000]
# FUZZ_SEED repeats a run; a failure names its seed.
set -euo pipefail
cd "$(dirname "$0")/.."
SETTINGS_FUZZ_STARTS=${1:-2000} dotnet test SafeClockin.Tests --filter FullyQualifiedName~SettingsFuzzTests \
  --logger "console;verbosity=normal"
