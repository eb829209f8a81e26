# Two commands on a fresh machine: make run, make test. Nothing before them but Python >= 3.11, make and git.
PYTHON ?= python3
VENV := .venv/bin/python
WORKERS ?= $(shell echo $$(($$(getconf _NPROCESSORS_ONLN) + 2))) # tests of two, since tests in a browser mostly wait
.DEFAULT_GOAL := help
unexport PYTHONDONTWRITEBYTECODE # nothing is compiled at installation, so the first start keeps what it compiles
.PHONY: help run setup test check fix bench redteam

help: ## list what can be made
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1	\2/p' Makefile | expand -t 16

run: ## set up and start the server and the worker (PORT, HOST, DATA_DIR, DATABASE_URL, DEMO)
	@exec $(PYTHON) -m interview.bootstrap run

setup: ## install the pinned packages into .venv and the pages' styles and font
	@$(PYTHON) -m interview.bootstrap setup

test: ## set up and run every test, on SQLite and PostgreSQL and in a browser
	@$(PYTHON) -m interview.bootstrap setup --dev
	@$(VENV) -m tests.support.browser
	@$(VENV) -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

check: ## format, lint, types and the contracts between rooms
	@$(PYTHON) -m interview.bootstrap setup --dev
	$(VENV) -m ruff format --check .
	$(VENV) -m ruff check .
	$(VENV) -m mypy
	.venv/bin/lint-imports --no-logo

fix: ## format the code and mend what ruff can mend
	@$(PYTHON) -m interview.bootstrap setup --dev
	$(VENV) -m ruff format .
	$(VENV) -m ruff check --fix .

bench: ## run the benchmarks, print a table and write bench/results.json
	@$(PYTHON) -m interview.bootstrap setup --dev
	@$(VENV) -m bench

redteam: ## try every attack and every honest oddity of watching against servers it starts
	@$(PYTHON) -m interview.bootstrap setup --dev
	@$(VENV) -m tests.support.browser
	@$(VENV) -m tests.redteam
