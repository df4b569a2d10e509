#!/usr/bin/env bash
# Makes sure that the tests find what they drive: a Postgres server, Redis,
# Chromium, a C compiler (for the race detector), Node with the pinned clients,
# staticcheck, and the built page of the console. As root on Debian what is missing is
# installed; elsewhere it is named and the run ends with status 1.
set -euo pipefail
cd "$(dirname "$0")/.."
. build/versions.sh

missing=()   # Debian packages
postgres_found() {
  command -v initdb >/dev/null && command -v postgres >/dev/null && return 0
  compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null
}
want() { # command, package
  command -v "$1" >/dev/null || missing+=("$2")
}
look() {
  missing=()
  postgres_found || missing+=(postgresql)
  want redis-server redis-server
  command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || missing+=(chromium)
  command -v "${CC:-gcc}" >/dev/null || command -v cc >/dev/null || missing+=(gcc libc6-dev)
  want node nodejs
  want npm npm
}

look
if [ ${#missing[@]} -gt 0 ]; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "installing: ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq </dev/null
    apt-get install -y -qq --no-install-recommends "${missing[@]}" </dev/null >/dev/null
    look
  fi
  if [ ${#missing[@]} -gt 0 ]; then
    echo "missing, and not to be installed from here: ${missing[*]}" >&2
    exit 1
  fi
fi

# A marker holds the hash of the lock file, so that a changed pin is installed.
npm_packages() { # folder
  local stamp="$1/node_modules/.lock-sum" sum
  sum=$(sha256sum "$1/package-lock.json" | cut -d' ' -f1)
  if [ "$(cat "$stamp" 2>/dev/null || true)" != "$sum" ]; then
    npm ci --prefix "$1" --ignore-scripts --no-audit --no-fund </dev/null
    echo "$sum" >"$stamp"
  fi
}
npm_packages e2e
npm_packages bench/peers/node

if [ ! -x "$STATICCHECK" ]; then
  GOBIN=$(dirname "$STATICCHECK") go install "honnef.co/go/tools/cmd/staticcheck@$STATICCHECK_VERSION"
fi

build/web.sh required
