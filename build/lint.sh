#!/usr/bin/env bash
# gofmt, go vet, staticcheck and govulncheck over every module of the repository, and
# the TypeScript compiler over web/.
# Missing tools are installed at their pinned versions.
set -euo pipefail
cd "$(dirname "$0")/.."
. build/versions.sh
[ -x "$STATICCHECK" ] || GOBIN=$(dirname "$STATICCHECK") go install "honnef.co/go/tools/cmd/staticcheck@$STATICCHECK_VERSION"

unformatted=$(find . -name '*.go' -not -path '*/node_modules/*' -print0 | xargs -0 gofmt -l)
if [ -n "$unformatted" ]; then
  printf 'not formatted (make fmt):\n%s\n' "$unformatted" >&2
  exit 1
fi
status=0
while read -r mod; do
  dir=$(dirname "$mod")
  (cd "$dir" && go vet -tags soak ./... && "$STATICCHECK" -tags soak ./...) || status=1
done < <(find . -name go.mod -not -path '*/node_modules/*')
if [ -d web/node_modules ]; then
  npm run --silent check --prefix web </dev/null || status=1
else
  echo "lint: SKIPPED web/: its packages are not installed (make web)" >&2
fi
build/vulncheck.sh || status=1
exit $status
