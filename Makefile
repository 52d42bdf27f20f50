# Everything a developer types. `make` alone lists it.
# PYTHON: the interpreter that .venv is made of. ENGINE: duckdb or spark, for `make demo`.

PYTHON ?= python3
ENGINE ?= duckdb
BIN := .venv/bin
export PYTHONPATH := $(CURDIR)

.DEFAULT_GOAL := help
.PHONY: help setup demo test check bench generate migration grafana-diff audit licences sbom secrets lock clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/ -/' | sort

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

test: .venv/ready ## all tests, three at a time, as some wait; with ARGS=tests/test_lake.py, or whatever else pytest takes, one after the other
	$(BIN)/python -m pytest $(or $(ARGS),-n 3 --dist loadgroup --no-loadscope-reorder)

check: .venv/ready ## lint, format, types, whether generated files are fresh, and the deployment as far as it can be told without Docker
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m twilytics.generate --check
	$(BIN)/python -m deployments.checks
	$(BIN)/hadolint --config deployments/hadolint.yaml deployments/Dockerfile
	$(BIN)/python -m deployments.supply.licences --check

bench: .venv/ready ## this project against its peers, side by side: takes an hour, and writes benchmarks/README.md
	$(BIN)/python -m benchmarks.side_by_side $(ARGS)

generate: .venv/ready ## write again what is generated from the tables
	$(BIN)/python -m twilytics.generate

migration: .venv/ready ## write the next version of the database, where declarations changed: make migration MESSAGE="what changes"
	@$(BIN)/python -m twilytics.drafting "$(MESSAGE)"

grafana-diff: .venv/ready ## what an exported dashboard changes against the generated one: make grafana-diff FILE=exported.json
	@$(BIN)/python -m grafana.difference "$(FILE)"

audit: .venv/ready ## known vulnerabilities of all locked packages: asks the package index, or ARGS='--osv-url URL'
	@$(BIN)/python -m deployments.supply.audit $(ARGS)

licences: .venv/ready ## write deployments/LICENCES.md, and refuse what may not be shipped
	@$(BIN)/python -m deployments.supply.licences

sbom: .venv/ready ## write dist/twilytics.cdx.json: what the image holds, in CycloneDX
	@$(BIN)/python -m deployments.supply.sbom

secrets: ## make the passwords that deployments/compose.yaml mounts, those that are not there yet
	@$(PYTHON) -m deployments.passwords

lock: .venv/ready ## resolve requirements.txt anew, with hashes and without addresses, and the image's from it, without the tools
	$(BIN)/python -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate \
		--all-extras --group dev pyproject.toml --output-file requirements.txt
	$(BIN)/python -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate \
		--constraints requirements.txt pyproject.toml --output-file deployments/requirements.txt

clean: ## remove .venv and caches; a HOME with data is left alone
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis
