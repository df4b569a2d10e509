#!/usr/bin/env bash
# govulncheck over every module of the repository, at its pinned version. A known
# weakness that the code can reach is a failure. Where the database of weaknesses
# cannot be reached nothing was checked: that is said, and is a failure only with
# VULNCHECK=required. VULNDB is another place of the database, such as a mirror or
# file:///folder.
set -euo pipefail
cd "$(dirname "$0")/.."
. build/versions.sh
[ -x "$GOVULNCHECK" ] || GOBIN=$(dirname "$GOVULNCHECK") go install "golang.org/x/vuln/cmd/govulncheck@$GOVULNCHECK_VERSION"

db=${VULNDB:-https://vuln.go.dev}
# The versions in go.mod alone take a moment; what the code reaches of them, a minute.
if ! said=$("$GOVULNCHECK" -db "$db" -scan module 2>&1) && grep -q '^govulncheck: fetching vulnerabilities' <<<"$said"; then
  printf 'lint: SKIPPED govulncheck: %s is not reached from here, so known weaknesses of dependencies were NOT looked for\n' "$db" >&2
  [ "${VULNCHECK:-}" != required ]
  exit
fi
status=0
while read -r mod; do
  dir=$(dirname "$mod")
  if ! said=$(cd "$dir" && "$GOVULNCHECK" -db "$db" ./... 2>&1); then
    printf '%s: %s\n' "$dir" "$said" >&2
    status=1
  fi
done < <(find . -name go.mod -not -path '*/node_modules/*')
exit "$status"
