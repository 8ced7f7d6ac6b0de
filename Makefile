# `make demo` sets up and runs the main job; `make test` sets up and passes the tests.
.DEFAULT_GOAL := help
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:

PYTHON ?= python3
export SOLCX_BINARY_PATH := $(CURDIR)/.solcx
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYTHONDONTWRITEBYTECODE := 1

# npm's command of that name drops the exit code.
FORGE = $(firstword $(wildcard node_modules/@foundry-rs/forge-*-*/bin/forge))
PIP_INSTALL := -m pip install --quiet --require-hashes -r
SOLIDITY := $(shell find contracts interfaces -name '*.sol' 2>/dev/null)
ARTIFACTS := src/entrepot/artifacts/build.json

.PHONY: help setup compile demo demo-coldchain test lint test-package test-e2e test-contracts test-invariants bindings gas docs lock clean

help: ## Show the targets
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1\t/p' Makefile | expand -t 18

setup: .make/runtime $(ARTIFACTS) ## Build .venv with the `entrepot` command

compile: $(ARTIFACTS) ## Compile the contracts if they changed

demo: setup ## Replay the shipped sample and print what happened
	rm -rf out/demo
	.venv/bin/entrepot replay data/sample_shipments.csv --topology single --out out/demo
	.venv/bin/entrepot audit --out out/demo

demo-coldchain: setup ## Play a pharma shipment that gets warm, and draw what happened
	rm -rf out/coldchain
	.venv/bin/entrepot coldchain --out out/coldchain
	.venv/bin/entrepot audit --out out/coldchain

test: lint test-invariants test-contracts ## Run every check and test
	.venv/bin/pytest tests/package tests/e2e

lint: .make/dev $(ARTIFACTS) ## Style, types, layers
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	$(FORGE) fmt --check
	solhint --disc --max-warnings 0 'contracts/**/*.sol' 'interfaces/**/*.sol'

test-package: .make/dev $(ARTIFACTS) ## Tests of the package without a node
	.venv/bin/pytest tests/package

test-e2e: .make/dev $(ARTIFACTS) ## Tests on real devnets
	.venv/bin/pytest tests/e2e

test-contracts: .make/brownie $(ARTIFACTS) ## Contract tests through Brownie
	mkdir -p .brownie && HOME=$(CURDIR)/.brownie .venv-brownie/bin/brownie test tests/contracts

test-invariants: .make/npm $(ARTIFACTS) ## Fuzz and invariant tests through Forge
	$(FORGE) test

gas: ## Measure the gas of every action on a fresh devnet and print it as JSON
	@$(MAKE) --no-print-directory setup >&2
	@.venv/bin/python benchmarks/gas.py

bindings: .make/dev $(ARTIFACTS) ## Write the typed contracts, src/entrepot/network/bindings.py
	.venv/bin/python tools/bindings.py

docs: setup ## Write the command line's reference, docs/cli.md
	.venv/bin/python tools/cli_reference.py

lock: ## Renew the lock files of Python (needs uv) and npm
	for environment in runtime dev brownie; do \
	  env -u PIP_FIND_LINKS uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	    --no-annotate --no-emit-index-url requirements/$$environment.in -o requirements/$$environment.txt; \
	done
	npm install --package-lock-only

clean: ## Undo everything
	-[ ! -x .venv/bin/entrepot ] || .venv/bin/entrepot devnet down
	rm -rf .venv .venv-brownie .make .solcx .brownie .entrepot node_modules build out cache reports src/entrepot/artifacts
	rm -rf .hypothesis .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
	find src tests scripts tools benchmarks -name __pycache__ -prune -exec rm -rf {} +

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Entrepôt needs Python 3.11 or newer.")'
	$(PYTHON) -m venv .venv

.make/npm: package-lock.json
	npm install --no-save --silent
	mkdir -p .make && touch $@

.make/runtime: requirements/runtime.txt pyproject.toml | .venv/bin/python
	.venv/bin/python $(PIP_INSTALL) requirements/runtime.txt
	.venv/bin/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	mkdir -p .make && touch $@

.make/dev: requirements/dev.txt .make/runtime
	.venv/bin/python $(PIP_INSTALL) requirements/dev.txt
	touch $@

.make/brownie: requirements/brownie.txt pyproject.toml
	$(PYTHON) -m venv .venv-brownie
	.venv-brownie/bin/python $(PIP_INSTALL) requirements/brownie.txt
	.venv-brownie/bin/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	.venv-brownie/bin/python tools/brownie_toolchain.py
	mkdir -p .make && touch $@

$(ARTIFACTS): .make/npm .make/runtime tools/compile.py tools/compiler.py $(SOLIDITY)
	.venv/bin/python tools/compiler.py
	.venv/bin/python tools/compile.py
	@touch $@
