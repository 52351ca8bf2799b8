# make setup · demo · test · check · bench
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
.DEFAULT_GOAL := help
.PHONY: help setup demo demo-reset demo-kannel test check bench bench-console clean

help: ## list what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

$(BIN)/.ready: requirements.txt requirements-dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 to 3.13 is needed: make PYTHON=/path/to/python3.12" if not (3, 11) <= sys.version_info[:2] <= (3, 13) else 0)'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing what is pinned in requirements-dev.txt (about a minute) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

setup: $(BIN)/.ready ## install everything, pinned, into .venv

demo: setup ## serve a demonstration: simulated phones, portfolio, console; needs nothing else
	@exec $(BIN)/huixin demo

demo-reset: setup ## the same, forgetting what earlier demonstrations did
	@exec $(BIN)/huixin demo --reset

demo-kannel: setup ## the same, with texts that really pass through Kannel (apt-get install kannel)
	@exec $(BIN)/huixin demo --kannel

test: setup ## all tests, on SQLite and on a real PostgreSQL
	$(BIN)/python -m pytest -n auto --dist worksteal

check: setup ## format, lint, types, imports, content
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/huixin check > /dev/null

bench: setup ## what reading costs; throughput and latency beside the database's own limit
	$(BIN)/python -m tests.bench

bench-console: setup ## the same of the console alone: pages and live pages, with a large portfolio, in Chromium
	$(BIN)/python -m tests.bench.console

clean: ## remove what was installed and what the demonstration kept
	rm -rf $(VENV) var
