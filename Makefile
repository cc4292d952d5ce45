# Attend. `make demo` and `make test` set up everything they need on Debian and Ubuntu, given Swift 6.2 or later.

SWIFT ?= swift
BUILD_FLAGS ?=

.PHONY: demo build test release lint format bench bench-peers fuzz sanitize fixtures clean setup

## The main job, with weights that are part of the program: translate, draw the attention that did it, and take one
## head of self-attention apart.
demo: setup build
	@scripts/demo

build: setup
	$(SWIFT) build -c release $(BUILD_FLAGS) --product attend

## All tests, optimised, real weights included.
test: setup
	scripts/fetch-models smollm2 vocabularies templates onnx-operators g2p-en arabic-names silero-vad >/dev/null
	$(SWIFT) build -c release $(BUILD_FLAGS) --build-tests
	$(SWIFT) test -c release $(BUILD_FLAGS) --skip-build

## One static binary in dist/ that runs where no Swift is installed.
release: setup
	$(SWIFT) build -c release $(BUILD_FLAGS) --static-swift-stdlib --scratch-path .build-static --product attend
	mkdir -p dist
	install -m 755 .build-static/release/attend dist/attend
	strip dist/attend
	@ls -l dist/attend

lint:
	scripts/lint

format:
	$(SWIFT) format -i -p -r Package.swift Sources Tests Benchmarks Fuzz recipes

## Kernels by themselves.
bench:
	$(SWIFT) run -c release --package-path Benchmarks kernel-bench

## attend and its peers in turns, into Benchmarks/RESULTS.md. PEERS_HOME is a scratch folder outside the repository, where
## the peers are built and installed; arguments of Benchmarks/bench-peers go into BENCH_FLAGS.
bench-peers: setup
	Benchmarks/bench-peers $(BENCH_FLAGS)

## Each reader for FUZZ_SECONDS (default 600), or the one named by FUZZ_TARGET.
fuzz: setup
	scripts/fuzz

## Kernels and pool under the address, undefined-behaviour and thread sanitizers.
sanitize: setup
	scripts/sanitize-kernels

## Golden data from the reference implementation (needs Python; see Fixtures/README.md).
fixtures:
	python3 Fixtures/make-golden.py

setup:
	@scripts/setup

clean:
	rm -rf .build .build-* dist Benchmarks/.build Fuzz/.build
