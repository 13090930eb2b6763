# Everything a contributor or a visitor runs. Needs Python 3.11 or newer; the rest is set up here.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
LOWEST := .venv-lowest
LOWEST_PYTHON ?= python3.11
LOWEST_STAMP := $(LOWEST)/.installed
FAST_TESTS := tests/rules tests/ledger tests/settings tests/messages tests/store tests/web tests/cli tests/billing \
  tests/scheduler tests/test_logs.py tests/test_spreadsheet.py $(wildcard tests/model tests/connectors/test_*translate.py)

.DEFAULT_GOAL := help
.PHONY: help install clients demo demo-real readme test test-lowest lint format clean

help: ## show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "CareSync needs Python 3.11 or newer; set PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable . --group dev
	@touch $(STAMP)

install: $(STAMP) ## set up the virtual environment

demo: $(STAMP) ## one month of an agency: sandbox, nightly sync, a day of changes
	$(BIN)/care-sync demo

demo-real: $(STAMP) ## two nights on a real Request Tracker and a real Redmine, which it starts (Debian's packages)
	$(BIN)/python -m tests.real_servers.whole_sync

test: $(STAMP) ## every test
	$(BIN)/python -m pytest --numprocesses auto --dist loadgroup --no-loadscope-reorder

$(LOWEST_STAMP): pyproject.toml
	$(LOWEST_PYTHON) -m venv --clear $(LOWEST)
	$(LOWEST)/bin/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	$(LOWEST)/bin/python -m pip install --quiet --disable-pip-version-check --group lowest
	$(LOWEST)/bin/uv pip install --quiet --python $(LOWEST)/bin/python --resolution lowest-direct --editable . --group dev
	@touch $(LOWEST_STAMP)

test-lowest: $(LOWEST_STAMP) ## the fast tests on the lowest supported versions of Python and of the dependencies
	$(LOWEST)/bin/python -m pytest --numprocesses auto --dist loadgroup --no-loadscope-reorder -m "not slow" $(FAST_TESTS)

clients: $(STAMP) ## environments of the clients that others wrote, which read the sandboxes in the tests
	$(BIN)/python -m tests.clients.environments

readme: $(STAMP) ## put what the demo shows into the README
	$(BIN)/python -m tests.demo.excerpt

lint: $(STAMP) ## ruff (format and check) and mypy --strict
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(STAMP) ## let ruff format and mend what it can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean: ## remove the virtual environment and caches
	rm -rf $(VENV) $(LOWEST) .venv-clients .mypy_cache .ruff_cache .pytest_cache .hypothesis .demo
