#!/usr/bin/env bash
# Builds the console's page (web/) into server/console/dist, where the program embeds
# it from. A marker holds the sum of the sources, so that nothing is built twice.
# Without Node 20.19 or 22.12, or when the build fails, the program is built all the same and
# /console/ says how to build the page: that is a warning here, and with the argument
# `required` a failure.
set -euo pipefail
cd "$(dirname "$0")/.."
out=server/console/dist
stamp=web/node_modules/.built-sum
required=${1:-}

give_up() {
  echo "web: $1: the page of /console/ is $([ -f $out/index.html ] && echo 'as it was built last' || echo 'not built')" >&2
  [ "$required" != required ]
  exit
}
command -v node >/dev/null || give_up "Node is missing (20.19, 22.12 or newer)"
command -v npm >/dev/null || give_up "npm is missing"
node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 22 || a === 22 && b >= 12 || a === 20 && b >= 19 ? 0 : 1)' ||
  give_up "Node $(node -v) is too old (20.19, 22.12 or newer)"

# All sources; what npm installs is named by the lock file.
sum=$(find web build/web.sh -type f -not -path 'web/node_modules/*' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1)
if [ "$(cat $stamp 2>/dev/null || true)" = "$sum" ] && [ -f $out/index.html ]; then
  exit 0
fi
lock=$(sha256sum web/package-lock.json | cut -d' ' -f1)
if [ "$(cat web/node_modules/.lock-sum 2>/dev/null || true)" != "$lock" ]; then
  npm ci --prefix web --ignore-scripts --no-audit --no-fund </dev/null || give_up "npm ci failed"
  echo "$lock" >web/node_modules/.lock-sum
fi
npm run --silent build --prefix web </dev/null || give_up "the build failed"
[ -f $out/index.html ] || give_up "the build made no $out/index.html"
echo "$sum" >$stamp
