# The commands of a developer and of CI; `make help` lists them. Everything that a target needs, it makes first.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
SETUP := $(VENV)/.set-up
LOCKS := requirements/runtime.txt requirements/dev.txt
UV_VERSION := 0.13.8

# Tests whose kinds do not exist yet are no error; a kind without tests is (pytest says so).
KINDS := unit contract golden integration conformance e2e
TESTS = $(wildcard $(addprefix tests/,$(KINDS)))
PYTEST = $(BIN)/python -m pytest --dist loadscope --durations=15 --durations-min=0.5
# Two workers: the floor of a machine that this is meant for. `make test JOBS=0` shows output in order.
JOBS ?= 2

.PHONY: help setup test test-slow lint format sync peers bench demo lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(SETUP) ## make .venv with the locked tools and the ci-actions command (PYTHON=… chooses the interpreter)

$(SETUP): $(LOCKS) pyproject.toml tools/set-up.sh
	@tools/set-up.sh $(VENV)
	@touch $@

test: setup peers ## run every test but the slow ones
	@$(PYTEST) -n $(JOBS) -m "not slow" $(TESTS)

test-slow: setup peers ## run the tests that take minutes, and the unit tests on the other Pythons up to 3.13
	@tools/test-other-pythons.sh tests/unit
	@$(PYTEST) -n $(JOBS) -m slow $(TESTS) || { [[ $$? -eq 5 ]] && echo "test-slow: no test is marked slow"; }

lint: setup ## check style and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: setup ## rewrite the Python files in the house style
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

sync: setup ## write what is generated: every action.yml, tables and snippets of the READMEs, actions.lock
	@$(BIN)/python -m ci_actions.commands.docs
	@$(BIN)/python -m ci_actions.publish.actions_lock

peers: ## build the pinned Go peers that tests run against (once; needs Go)
	@tools/build-peers.sh

bench: setup peers ## measure against named peers; prints ratios
	@for benchmark in start plan cobertura data_file release setup setup_key sarif quality security shards doctor pipeline; do echo "bench: $$benchmark"; $(BIN)/python "benchmarks/$$benchmark.py"; done

demo: setup ## show what the gates print, on a small service (red, then green) and on this repository
	@tools/demo.sh

lock: ## lock requirements/*.in anew, with hashes and without addresses (UPGRADE=1 takes newer versions)
	@tools/lock.sh $(UV_VERSION) $(if $(UPGRADE),--upgrade)

clean: ## remove environments, caches and build results from the checkout
	rm -rf $(VENV) .venvs build dist .ci-actions .hypothesis .mypy_cache .pytest_cache .ruff_cache .coverage .coverage.*
	find src tests tools -name __pycache__ -type d -prune -exec rm -rf {} +
