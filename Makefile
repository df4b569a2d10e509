# make run    serve on http://localhost:8080 with everything embedded
# make test   what CI runs; see build/test.sh
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
COMMIT  ?= $(shell git rev-parse --short HEAD 2>/dev/null || echo unknown)
PKG     := github.com/relevo/relevo
LDFLAGS := -s -w -X $(PKG)/server.version=$(VERSION) -X $(PKG)/server.commit=$(COMMIT)
# The version is given above; asking git again fails in a checkout of another user.
export GOFLAGS := -buildvcs=false $(GOFLAGS)
CLIENT  := e2e/node_modules/socket.io-client-4.5.4/dist

.PHONY: help run build web test crash hostile soak bench lint fmt generate clean client security-matrix

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' Makefile

run: build client ## build and serve
	@if [ -d $(CLIENT) ]; then exec bin/relevo serve --socket.client-dir $(CLIENT); else exec bin/relevo serve; fi

build: web ## build bin/relevo, static, with the page of /console/ inside when Node is there
	CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o bin/relevo ./cmd/relevo

web: ## build the page of /console/ with Node 20.19 or newer; without it only say so
	@build/web.sh

# The page of the tour loads /socket.io/socket.io.js from the pinned npm package.
client:
	@if [ -d $(CLIENT) ]; then :; \
	elif ! command -v npm >/dev/null; then echo "make: npm is missing: the server runs, but without /socket.io/socket.io.js" >&2; \
	else npm ci --prefix e2e --ignore-scripts || echo "make: npm ci failed: the server runs, but without /socket.io/socket.io.js" >&2; fi

test: ## install what is missing, check, and run every test
	@build/test.sh

CRASH_ROUNDS ?= 200

crash: ## kill, cut and starve the server while clients listen, 200 rounds, about 30 minutes
	@mkdir -p artifacts
	@if [ ! -d $(CLIENT) ]; then npm ci --prefix e2e --ignore-scripts; fi
	RELEVO_CRASH_ROUNDS=$(CRASH_ROUNDS) go test -count=1 -timeout 90m -v -run 'TestCrash|TestCuts|TestRoleChangesWhileAway|TestWindowExceeded|TestFaults' ./e2e | tee artifacts/crash.log | grep -v '"level":"info"'

hostile: ## what clients can do to the server in its long form (docs/hostile.md), about 15 minutes
	@mkdir -p artifacts
	RELEVO_HOSTILE=long go test -count=1 -timeout 60m -v -run 'TestHostile|TestResetsLeaveNothing|TestDescriptorsExhausted' ./e2e | tee artifacts/hostile.log | grep -v '"level":"info"'
	go test -race -count=1 -timeout 30m ./socketio/conformance ./socketio/engineio | tee -a artifacts/hostile.log

soak: ## five real minutes of a silent push client behind nginx (docs/push.md)
	@build/soak.sh

bench: ## measure the engine side by side with others, about 25 minutes
	@if command -v npm >/dev/null && [ ! -d bench/peers/node/node_modules/socket.io ]; then npm ci --prefix bench/peers/node --ignore-scripts; fi
	@cd bench && go run ./cmd/bench

security-matrix: ## measure who gets in and who hears what; print it and rewrite docs/security-matrix.md
	@go test ./e2e -count=1 -run 'TestSecurityOrigins|TestSecurityAnonymous' -update
	@cat docs/security-matrix.md

lint: ## gofmt, vet, staticcheck, govulncheck
	@build/lint.sh

fmt: ## format all Go files
	find . -name '*.go' -not -path '*/node_modules/*' -print0 | xargs -0 gofmt -w

generate: ## rewrite config.yaml, the tables of README.md and the documents of docs/
	go test ./server -count=1 -run 'TestConfigYAML|TestReadme|TestOpenAPIDocument' -update
	go test ./events -count=1 -run 'TestReadme|TestAsyncAPIDocument|TestTypeScript$$' -update

clean: ## remove what was built
	rm -rf bin bench/bin artifacts
	find server/console/dist -mindepth 1 -not -name README -delete
