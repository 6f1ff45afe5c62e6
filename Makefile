# Everything here is a plain go command; make only remembers the flags.

FUZZTIME ?= 30s
BENCH    ?= .
COUNT    ?= 1
SOAK     ?= 5m
CROSS    := darwin/amd64 darwin/arm64 windows/amd64 linux/arm64 linux/386

.DEFAULT_GOAL := help
.PHONY: help build test race soak portable lint cross fuzz bench bench-quick micro cover

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## build all packages, and the command-line tool into bin/
	go build ./...
	go build -o bin/ ./cmd/...

test: ## run the tests
	go test ./...

race: ## run the tests under the race detector (needs a C compiler)
	go test -race ./...

soak: ## 200 peers coming and going for SOAK (5m), under the race detector
	RINGMQ_SOAK=$(SOAK) go test -race -v -count 1 -timeout 0 -run TestSoak ./internal/soak

portable: ## run the tests on the loop that darwin and windows use
	go test -tags ringmq_portable ./...

lint: ## gofumpt, vet and staticcheck
	@unformatted=$$(go tool gofumpt -l .) && \
	if [ -n "$$unformatted" ]; then echo "not gofumpt'ed:"; echo "$$unformatted"; exit 1; fi
	go vet ./...
	go tool staticcheck ./...

cross: ## build and vet for the other systems and word sizes
	@set -e; for target in $(CROSS); do \
		echo "$$target"; \
		export GOOS=$${target%/*} GOARCH=$${target#*/} CGO_ENABLED=0; \
		go build ./...; \
		go vet ./...; \
	done

fuzz: ## run every fuzzer for FUZZTIME (30s) each
	bash .ci/fuzz $(FUZZTIME)

bench: ## measure beside libzmq and others, into bench/results: some 25 minutes (libzmq3-dev, libnng-dev)
	cd bench && go run .

bench-quick: ## the same with fewer messages, in under 3 minutes
	cd bench && go run . -quick

micro: ## run the Go benchmarks that match BENCH (.), COUNT (1) times; feed two runs to go tool benchstat
	go test -run '^$$' -bench '$(BENCH)' -benchmem -count $(COUNT) ./...

cover: ## coverage over all packages, into cover.out and cover.html
	go test -coverprofile cover.out -coverpkg ./... ./...
	go tool cover -html cover.out -o cover.html
	go tool cover -func cover.out | tail -n 1
