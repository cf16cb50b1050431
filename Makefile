# What each target needs is installed by it, after it has said what. Arguments: make run ARGS='--output json'
.PHONY: setup build run demo test backends backends-up nightly content lint bench

binary = $(or $(CARGO_TARGET_DIR),target)/release/scoutline
# The sensor needs root, the build does not.
as_root = $(if $(filter-out 0,$(shell id -u)),sudo)

setup:
	make/setup all

build:
	make/setup run
	cargo build --release --locked -p scoutline

run: build
	exec $(as_root) $(binary) run $(ARGS)

demo: build
	make/setup demo
	$(as_root) make/demo $(binary)

test:
	make/setup test
	make/test

backends:
	make/setup backends
	make/backends

backends-up:
	make/setup backends
	make/backends-up

nightly:
	make/setup nightly
	make/nightly

content:
	cargo run --locked -p scoutline-dashboards

lint:
	make/setup lint
	make/lint

bench:
	make/setup bench
	make/bench
