# Every target is one line that you could type yourself; the environment is in .venv.
.DEFAULT_GOAL := help
PYTHON ?= python3.11
CORES ?= all
ACTIVE = . .venv/bin/activate &&

.PHONY: setup reproduce test lint pull bench help

setup: .venv/complete ## create or renew the environment .venv from requirements.lock

reproduce: setup ## set up, then reproduce every paper at laptop scale
	$(ACTIVE) snakemake --cores $(CORES) all

test: setup ## set up, then run all tests, the smoke scale of every paper included
	$(ACTIVE) pytest

lint: setup ## check format and style of Python and Snakemake code
	$(ACTIVE) ruff check . && ruff format --check . && snakefmt --check Snakefile rules

pull: setup ## rebuild the corpora, then bring the cached results with DVC
	$(ACTIVE) snakemake --cores $(CORES) corpora && dvc pull

bench: setup ## measure speed beside the peers, and print tables
	$(ACTIVE) python -m benchmarks

help: ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

.venv/complete: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null || { echo "This project needs Python 3.11; '$(PYTHON)' is not. Install it, or name it: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11"; exit 1; }
	@echo "Creating .venv from requirements.lock (about two minutes, 2 GB) ..."
	$(PYTHON) -m venv --clear .venv
	.venv/bin/python -m pip install --quiet --constraint requirements.lock --editable '.[dev]'
	@touch .venv/complete
