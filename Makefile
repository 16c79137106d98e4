# landwatch: everything that a fresh machine needs is done by the two main targets, `make run` and `make test`.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
# The config that `make run` watches; without one, the demo runs.
CONFIG ?=
# How many tests run at a time.
JOBS   ?= $(shell nproc 2>/dev/null || echo 2)

.DEFAULT_GOAL := help
.PHONY: help install run demo test lint format bench packages clean

help: ## Show the targets.
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 12

$(BIN)/landwatch: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "landwatch needs Python 3.11 or later: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "python3 -m venv failed: on Debian, install python3-venv"; exit 1; }
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[demo]'
	@touch $@

$(VENV)/.tests: $(BIN)/landwatch
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[demo,dev]'
	@touch $@

install: $(BIN)/landwatch ## Install landwatch into .venv.

run: $(BIN)/landwatch ## Watch the pages of CONFIG=landwatch.yaml; without one, run the demo.
ifeq ($(CONFIG),)
	$(BIN)/landwatch demo
else
	$(BIN)/landwatch run --config $(CONFIG)
endif

test: $(VENV)/.tests packages lint ## Run every check: format, lint, types, and the tests with their coverage.
	$(BIN)/pytest -n $(JOBS) --cov --cov-report=term --durations=10

lint: $(VENV)/.tests ## Check format, style and types.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(VENV)/.tests ## Put the code into its format.
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.tests ## Measure accuracy, cost and scale, beside blackbox_exporter where it is installed.
	$(BIN)/python tests/bench/run.py $(BENCH)

packages: $(VENV)/.tests ## Install what tests use beside Python packages (as root), or say what is missing.
	@sh tests/packages.sh $(BIN)

clean: ## Remove what was built; keep ./state.
	rm -rf $(VENV) build *.egg-info .coverage .coverage.* .mypy_cache .ruff_cache .import_linter_cache .hypothesis
