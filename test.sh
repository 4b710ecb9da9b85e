#!/usr/bin/env bash
# Installs what the tests need from the distribution, where it may, and runs them. Arguments go to `dotnet test`.
set -euo pipefail
cd "$(dirname "$0")"

missing=()
needs() { # file package: what the tests use, and the Debian package that brings it
  [ -e "$1" ] || command -v "$1" >/dev/null || missing+=("$2")
}
needs /usr/sbin/mariadbd mariadb-server-core
needs my_print_defaults mariadb-client-core # which installing a database calls
needs /usr/lib/galera/libgalera_smm.so galera-4
[ -e /usr/bin/chromium ] || needs chromium-headless-shell chromium-headless-shell
needs /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc fonts-noto-cjk
needs /usr/lib/python3/dist-packages/jwt python3-jwt
needs node nodejs
needs npm npm
needs curl curl
needs /usr/bin/wrk wrk
needs openssl openssl

if [ ${#missing[@]} -gt 0 ]; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing ${missing[*]}"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  else
    echo "Not installed, and the tests that need it are skipped: ${missing[*]}" >&2
  fi
fi

# The linter and the generator of clients that the API document is held against, and what the mini-program's preview needs.
for folder in SafeClockin.Tests/TypeScript examples/miniprogram; do
  if command -v npm >/dev/null && ! [ $folder/node_modules/.package-lock.json -nt $folder/package-lock.json ]; then
    npm ci --prefix $folder --silent --no-audit --no-fund || echo "npm ci has failed in $folder, and the tests that need it are skipped" >&2
  fi
done

# Hundreds of processes live for seconds here, and spend them on compiling. So code is written where it runs instead of through
# a second mapping of its memory, and nothing is measured or counted for a better compilation later.
export DOTNET_EnableWriteXorExecute=0 DOTNET_TieredPGO=0
# In full, because the drills and the fuzz say what they saw. A test that hangs ends the run, which names it.
dotnet test SafeClockin.sln -e DOTNET_TC_CallCounting=0 --logger "console;verbosity=normal" --blame-hang-timeout 4m --blame-hang-dump-type none "$@"
