#!/usr/bin/env bash
# Five real minutes of silence behind nginx; see e2e/soak_test.go. As root on Debian
# nginx is installed when it is missing, without being started; elsewhere it is named.
set -euo pipefail
cd "$(dirname "$0")/.."
build/prerequisites.sh

nginx_found() { command -v nginx >/dev/null || [ -x /usr/sbin/nginx ]; }
if ! nginx_found && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "installing: nginx"
  # In runlevel 1 no package starts its service.
  RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nginx </dev/null >/dev/null
fi
if ! nginx_found; then
  echo "missing, and not to be installed from here: nginx" >&2
  exit 1
fi

mkdir -p artifacts
go test -tags soak -count=1 -timeout 15m -v -run 'TestSoak' ./e2e | tee artifacts/soak.log | grep -v '"level":"info"'
