# shellcheck shell=bash
# The pinned tools, sourced by the other scripts.
STATICCHECK_VERSION=v0.8.2
STATICCHECK=$PWD/bin/tools/$STATICCHECK_VERSION/staticcheck
GOVULNCHECK_VERSION=v1.2.0
GOVULNCHECK=$PWD/bin/tools/govulncheck-$GOVULNCHECK_VERSION/govulncheck
