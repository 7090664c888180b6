# From a bare machine with Python 3.11, pip and make: `make demo` and `make test` set up what they need.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DELETE_ON_ERROR:
.PHONY: help setup demo test lint check compile pure docs clean

PYTHON ?= python3.11
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.setup
ARGS ?=
# Two cores are what the smallest machines have; more workers than cores only make bounds harder to keep.
WORKERS ?= $(shell nproc 2>/dev/null || echo 2)
PROJECTS := $(shell find pyproject.toml everything.txt dev.txt */pyproject.toml */*/pyproject.toml 2>/dev/null)

help:  ## what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 10

setup: $(STAMP)  ## a virtual environment with every distribution of this repository

$(BIN)/python:
	@echo "making $(VENV) with $$($(PYTHON) --version)"
	# Debian splits ensurepip off; then virtualenv, put beside the environment, makes the same thing.
	if ! $(PYTHON) -c 'import ensurepip' 2>/dev/null; then
	    $(PYTHON) -m pip install --quiet --target $(VENV)-boot virtualenv
	    PYTHONPATH=$(VENV)-boot $(PYTHON) -m virtualenv --quiet $(VENV)
	else
	    $(PYTHON) -m venv $(VENV)
	fi

# uv makes this a matter of seconds; plain pip does the same work where uv cannot be had.
$(STAMP): $(PROJECTS) | $(BIN)/python
	@echo "installing every distribution into $(VENV)"
	$(BIN)/python -m pip install --quiet uv || echo "uv is not to be had here; pip does it, more slowly"
	if [ -x $(BIN)/uv ]; then
	    $(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python -r everything.txt -r dev.txt
	else
	    $(BIN)/python -m pip install --quiet -r everything.txt -r dev.txt
	fi
	# RapidOCR asks for the opencv that links libGL. Where a slim machine has none, the headless wheel is the same cv2.
	if ! $(BIN)/python -c 'import cv2' 2>/dev/null; then
	    $(BIN)/python -m pip uninstall --quiet --yes opencv-python
	    $(BIN)/python -m pip install --quiet opencv-python-headless
	fi
	touch $(STAMP)

demo: $(STAMP)  ## the main job on a real scanned page, over every transport; ARGS="--image FILE" for another page
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python demos/ocr/run.py $(ARGS)

lint: $(STAMP)  ## ruff, the floors, the types
	@bad=0
	$(BIN)/ruff check . || bad=1
	$(BIN)/lint-imports || bad=1
	$(BIN)/mypy || bad=1
	exit $$bad

check: $(STAMP) pure  ## the tests alone; ARGS="tests/test_house.py -k budgets" for some of them
	@$(BIN)/python -m pytest -ra -n $(WORKERS) --dist loadgroup $(ARGS)

test: $(STAMP)  ## everything that has to hold: lint and the tests; the tests run whatever lint says, and speak last
	@lint=0
	$(MAKE) --no-print-directory lint || lint=$$?
	$(MAKE) --no-print-directory check
	exit $$lint

compile: $(STAMP)  ## the rooms on every call's way as C, in place: a fifth to a third less of the processor; takes a minute
	@$(BIN)/python -m tools.compiled build

pure: $(STAMP)  ## the sources again
	@$(BIN)/python -m tools.compiled clean

docs: $(STAMP)  ## the documentation site, into site/
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet --site-dir site

clean:  ## forget what was made: environments, caches, builds
	rm -rf $(VENV) $(VENV)-boot .nox site dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage*
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +
