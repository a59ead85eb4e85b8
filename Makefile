# make help lists what there is.

GO      ?= go
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS  = -s -w -X main.version=$(VERSION)
SYSTEMS  = linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64

.PHONY: help build test lint bench dist clean

help: ## say what there is to make
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## the program, ./wirebook
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o wirebook ./cmd/wirebook

test: ## every test, with the race detector; says what it skipped and why
	@./.ci/test

lint: ## gofmt, go vet, staticcheck
	@unformatted=$$(gofmt -l .); if [ -n "$$unformatted" ]; then echo "run gofmt -w on:" $$unformatted; exit 1; fi
	$(GO) vet ./...
	$(GO) tool staticcheck ./...

bench: ## every figure of the README, measured beside its peers
	$(GO) run ./bench

dist: ## static programs for every system, in dist/
	@for system in $(SYSTEMS); do \
	  os=$${system%/*}; arch=$${system#*/}; end=; [ $$os = windows ] && end=.exe; \
	  out=dist/wirebook-$$os-$$arch$$end; echo $$out; \
	  CGO_ENABLED=0 GOOS=$$os GOARCH=$$arch $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o $$out ./cmd/wirebook || exit 1; \
	done

clean: ## remove what make made
	rm -rf dist wirebook
