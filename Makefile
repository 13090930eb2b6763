# Everything a contributor or a visitor runs. Needs Python 3.11 or newer; the rest is set up here.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help install demo demo-real test lint format clean

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

lint: $(STAMP) ## ruff (format and check) and mypy --strict
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(STAMP) ## let ruff format and mend what it can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean: ## remove the virtual environment and caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .demo
