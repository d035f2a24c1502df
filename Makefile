# dbt Workbench. `make` lists what there is.
.DEFAULT_GOAL := help
.PHONY: help install up test lint types fmt bench bench-lineage faults lock openapi web clean

BIN := .venv/bin

# The virtual environment's Python where there is one, otherwise the newest that the locks were made for.
PYTHON ?= $(shell for python in $(BIN)/python python3.13 python3.12 python3.11 python3; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$python; break; }; done)

UV_COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --custom-compile-command "make lock"

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | column -t -s '|' 2>/dev/null || \
		grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST)

install: ## make .venv, install what is locked, build the web app
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed and was not found; name one: make install PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) deploy/install.py

up: install ## start everything (ARGS="--port 9000 --project DIR")
	@exec $(BIN)/workbench up $(ARGS)

test: install ## run every check
	@$(PYTHON) deploy/install.py --dev
	@$(BIN)/python tests/run_checks.py $(ARGS)

lint: ## ruff and the direction of imports
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/lint-imports

types: ## basedpyright
	@$(BIN)/basedpyright

fmt: ## format Python and web sources
	@$(BIN)/ruff check --fix-only --quiet . ; $(BIN)/ruff format .
	@cd ui_extensions && PATH="$(CURDIR)/$(BIN):$$PATH" npm run --silent format

bench: install ## measure (ONLY=area)
	@$(PYTHON) deploy/install.py --dev
	@$(BIN)/python -m bench $(ONLY)

faults: install ## kill each part in the middle of a run and of a tick, and print what becomes of it
	@$(PYTHON) deploy/install.py --dev
	@$(BIN)/python -m bench.faults; runs=$$?; $(BIN)/python -m bench.schedule_faults && exit $$runs

bench-lineage: install ## column lineage: is it true, and how fast is it
	@$(PYTHON) deploy/install.py --dev
	@$(BIN)/python -m bench lineage

lock: ## write requirements/*.txt anew from pyproject.toml
	@$(UV_COMPILE) $(ARGS) requirements/bootstrap.in -o requirements/bootstrap.txt
	@$(UV_COMPILE) $(ARGS) pyproject.toml --group build -o requirements/runtime.txt
	@$(UV_COMPILE) $(ARGS) pyproject.toml --group build --group dev -c requirements/runtime.txt -o requirements/dev.txt

openapi: ## write the OpenAPI document and the web app's client anew
	@$(BIN)/python -m api.openapi
	@cd ui_extensions && PATH="$(CURDIR)/$(BIN):$$PATH" npm run --silent generate

web: ## build the web app
	@$(PYTHON) deploy/install.py --web

clean: ## remove what install and the checks made; the data folder stays
	rm -rf .venv ui_extensions/node_modules ui_extensions/dist .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
