# Everything a developer types. `make` alone lists it.
# PYTHON: the interpreter that .venv is made of. ENGINE: duckdb or spark, for `make demo`.

PYTHON ?= python3
ENGINE ?= duckdb
BIN := .venv/bin
export PYTHONPATH := $(CURDIR)

.DEFAULT_GOAL := help
.PHONY: help setup demo test check bench generate lock clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/ -/' | sort

setup: .venv/ready ## make .venv with everything: packages by hash, then the jars

.venv/ready: requirements.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info < (3, 14) else "Python 3.11, 3.12 or 3.13 is needed: make PYTHON=python3.12 …")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --requirement requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	$(BIN)/python -m twilytics.embedded.jars
	@touch $@

demo: .venv/ready ## a simulated fortnight of German places through the whole pipeline, in a fresh HOME
	TWILYTICS_ENGINE=$(ENGINE) $(BIN)/twilytics demo

test: .venv/ready ## all tests
	$(BIN)/python -m pytest $(ARGS)

check: .venv/ready ## lint, format, types, and whether generated files are fresh
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m twilytics.generate --check

bench: .venv/ready ## this project against its peers, side by side: takes an hour, and writes benchmarks/README.md
	$(BIN)/python -m benchmarks.side_by_side $(ARGS)

generate: .venv/ready ## write again what is generated from the tables
	$(BIN)/python -m twilytics.generate

lock: .venv/ready ## resolve requirements.txt anew, with hashes and without addresses
	$(BIN)/python -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate \
		--all-extras --group dev pyproject.toml --output-file requirements.txt

clean: ## remove .venv and caches; a HOME with data is left alone
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis
