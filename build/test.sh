#!/usr/bin/env bash
# What `make test` and CI run. Everything goes to artifacts/; the screen gets the
# failures, the skips and one closing line: N passed, N failed, N skipped.
set -euo pipefail
cd "$(dirname "$0")/.."
export GOFLAGS="-buildvcs=false ${GOFLAGS:-}"
mkdir -p artifacts

began=$SECONDS
step() { printf '== %s (%ss)\n' "$1" "$((SECONDS - began))"; }

step prerequisites
build/prerequisites.sh 2>&1 | tee artifacts/prerequisites.log

lint=0
step lint
build/lint.sh 2>&1 | tee artifacts/lint.log || lint=$?

step test
go build -o bin/testreport ./build/testreport
: >artifacts/test.json
: >artifacts/test.stderr.log
while read -r mod; do
  # Failing tests are what the report counts, so go test's own status is not used;
  # a package that does not build is a failure in its JSON too.
  (cd "$(dirname "$mod")" && go test -race -json -count=1 -p 2 -timeout 30m ./...) >>artifacts/test.json 2>>artifacts/test.stderr.log </dev/null || true
done < <(find . -name go.mod -not -path '*/node_modules/*')
# What is not for the race detector; each file's build tag says why.
go test -json -count=1 -p 1 -run 'TestHasherVerifiesWerkzeugHashes|TestZishang$|TestConsoleCrowd$' ./models ./server/live ./e2e >>artifacts/test.json 2>>artifacts/test.stderr.log </dev/null || true
report=0
bin/testreport -lint="$lint" -log artifacts/test.log <artifacts/test.json | tee artifacts/summary.txt || report=$?
exit "$report"
