# Everything runs in .venv, made from the hash-locked files in requirements/.
PYTHON ?= python3
BIN := .venv/bin
PARALLEL := -n auto --dist loadfile

.DEFAULT_GOAL := help
.PHONY: help demo test slow check format docs picture lock bench soak clean

help:  ## what can be made
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

.venv/.run: requirements/run.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "digest needs Python 3.11 or newer: make PYTHON=python3.12 ...")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements/run.txt
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	@touch $@

.venv/.dev: .venv/.run requirements/dev.txt
	$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements/dev.txt
	@touch $@

demo: .venv/.run  ## the main job on bundled sample days: no network, no server, no configuration
	$(BIN)/digest demo

test: .venv/.dev  ## the tests, but for those that take minutes (make slow)
	$(BIN)/python -m pytest -q $(PARALLEL) -m "not slow"

slow: .venv/.dev  ## the tests that take minutes
	$(BIN)/python -m pytest -q -m slow

check: .venv/.dev  ## the quality gate: format, lint, types, structure, dependencies, schema, tests with coverage
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .
	$(BIN)/python -m pytest -q $(PARALLEL) -m "not slow" --cov --cov-report=term --cov-fail-under=95

bench: .venv/.dev  ## the benchmarks: ratios against peers and floors, in ten minutes (BENCH=NAMES for some)
	$(BIN)/python -m benchmarks $(BENCH)

soak: .venv/.dev  ## the long form of the fault tests: kill storms, cuts, a month and a year (an hour)
	SOAK=1 $(BIN)/python -m pytest -q -rA tests/faults

format: .venv/.dev  ## format and fix what can be fixed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: .venv/.dev  ## write the command reference in docs/cli.md from the commands
	$(BIN)/python -m tests.reference

picture: .venv/.dev  ## take the picture of a digest in the README anew (needs chromium)
	$(BIN)/python -m tests.picture

lock: .venv/.dev  ## resolve the locked requirements anew from pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --extra postgres --generate-hashes --no-emit-index-url --no-header pyproject.toml -o requirements/run.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --all-extras --constraints requirements/run.txt --generate-hashes --no-emit-index-url --no-header pyproject.toml -o requirements/image.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --all-extras --group dev --constraints requirements/run.txt --generate-hashes --no-emit-index-url --no-header pyproject.toml -o requirements/dev.txt

clean:  ## remove what make made
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache demo-output
