# Every command the project has. `make` alone lists them.
VENV ?= .venv
BIN := $(VENV)/bin
# The first Python that really runs, is new enough and can make environments (a name on the path may not run).
PYTHON ?= $(shell for each in python3 python3.11 python3.12 python3.13 python3.14; do \
	$$each -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$each && break; done)
export PATH := $(CURDIR)/$(BIN):$(PATH)
WORKERS ?= 2
PORT ?= 5000
# Of the bench: sizes of registries, kinds of database, rows by the beginning of their names, a name for the result.
SIZE ?= 10000,100000
DATABASE ?= both
ONLY ?=
KEEP ?=

.DEFAULT_GOAL := help
.PHONY: help setup run test lint typecheck layers unit e2e bench bench-peer drill check clean

help: ## List these commands
	@grep -E '^[a-z0-9-]+:.*?## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(VENV)/.ready tracker/static/build/app.css ## Make the environment and build the front end

$(VENV)/.ready: requirements.txt requirements-dev.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer with venv is needed (on Debian: python3-venv)"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing the Python packages (a few minutes the first time)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

node_modules/.ready: package.json package-lock.json $(VENV)/.ready
	@echo "Installing the front-end packages"
	@npm ci --silent --no-audit --no-fund
	@touch $@

tracker/static/build/app.css: node_modules/.ready $(shell find frontend -type f 2>/dev/null)
	@npm run --silent build
	@touch $@

run: setup ## Start web and scheduler on http://localhost:5000 (demo clinic on first start)
	@$(BIN)/python -m tracker.serve --port $(PORT)

test: lint typecheck layers unit ## Everything that decides whether a change may land

lint: setup ## Style and formatting
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet . || { echo "Run: $(BIN)/ruff format ."; exit 1; }

typecheck: setup ## Types, strictly
	@$(BIN)/mypy

layers: setup ## Who may import whom
	@$(BIN)/lint-imports

unit: setup ## All tests, on both databases and in a browser
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

e2e: setup ## The browser stories alone
	@$(BIN)/python -m pytest -m browser

bench: setup ## Speed, as ratios to yardsticks in the same run (SIZE=1000000 DATABASE=sqlite ONLY=refresh KEEP=name)
	@$(BIN)/python -m bench --size $(SIZE) --database $(DATABASE) --only "$(ONLY)" --keep "$(KEEP)"

bench-peer: setup ## Install the CQL engine that the bench can measure beside (optional)
	@cd bench/cql && npm ci --silent --no-audit --no-fund

drill: setup ## The long drills: more survivors, more faults, more days (tables in bench/results)
	@TRACKER_DRILL=1 $(BIN)/python -m pytest -m drill
	@cat bench/results/kills-*.md

clean: ## Remove what set-up and runs made (not the instance folder)
	@rm -rf $(VENV) node_modules tracker/static/build .mypy_cache .ruff_cache .pytest_cache
