# The only entry. `make help` lists what there is.
# Needs python3 (3.11 or newer), make and the package registries; uses uv when it is there.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
UV     := $(shell command -v uv 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help install demo test lint types imports pytest docker-test fuzz bench docs vectors lock territory clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | expand -t 14

$(STAMP): requirements.lock pyproject.toml
ifeq ($(UV),)
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
else
	$(UV) venv --quiet --allow-existing --python $(PYTHON) $(VENV)
	$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
endif
	@touch $@

install: $(STAMP) ## make the virtual environment from the lock file

demo: $(STAMP) ## run a small federation on this machine until stopped
	$(BIN)/maillage demo

test: lint types imports pytest ## lint, types, import rule, tests

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP)
	$(BIN)/mypy

imports: $(STAMP)
	$(BIN)/lint-imports

pytest: $(STAMP)
	$(BIN)/pytest -n 2 --dist worksteal

docker-test: ## the image and docker/compose.yaml for real: receipts, kills, sizes (needs an engine)
	$(PYTHON) -m tests.docker $(DOCKER_TEST)

fuzz: $(STAMP) ## a longer fuzz of manifests and contents (FUZZ_CASES=1000000)
	$(BIN)/python -m tests.fuzz --cases $(or $(FUZZ_CASES),1000000)

bench: $(STAMP) ## measure, beside the raw limit in the same run; JSON under bench/
	$(BIN)/python -m node.bench
	$(BIN)/python -m tests.bench.validation

docs: $(STAMP) ## write the generated parts of docs/ anew
	$(BIN)/python docs/generate.py
	$(BIN)/python -m node.cli.reference docs
	$(BIN)/python -m tests.parity

vectors: $(STAMP) ## write tests/vectors/ anew
	$(BIN)/python -m tests.make_vectors

territory: $(STAMP) ## build schemas/territory/ from its two sources
	$(BIN)/python -m schemas.territory.build
	$(BIN)/python -m schemas.territory.build_centres

LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header

lock: ## pin the dependencies anew (needs uv)
	$(LOCK) --group dev pyproject.toml -o requirements.lock
	$(LOCK) --extra postgresql -c requirements.lock pyproject.toml -o requirements.runtime.lock
	$(LOCK) --group build -c requirements.lock -o requirements.build.lock

clean: ## remove the virtual environment and caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
