# Everything a fresh machine needs: make demo, make test.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CI ?=

.PHONY: demo test neo4j setup lint bench wheel clean

demo: $(VENV)/core
	$(BIN)/graphfraud demo demo

test: setup
	$(BIN)/python tests/parts.py
	$(BIN)/python -m pytest -n 2 --dist loadgroup -m "not server"
	$(BIN)/python -m pytest -m server

# A Neo4j server of one's own on loopback; its data stay in $(NEO4J_DIR).
NEO4J_DIR ?= neo4j-data
neo4j: $(VENV)/core
	$(BIN)/python tests/parts.py
	$(BIN)/python -m graphfraud.store.server $(NEO4J_DIR)

setup: $(VENV)/dev

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: setup
	$(BIN)/pip install --quiet --editable '.[bench]'
	$(BIN)/python -m benchmarks

wheel: setup
	$(BIN)/python -m build --wheel --outdir dist

clean:
	rm -rf $(VENV) dist build demo
	find graphfraud -name '*.nb[ic]' -delete

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit("graphfraud needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 ...") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)

$(VENV)/core: pyproject.toml | $(BIN)/python
	$(BIN)/pip install --quiet --disable-pip-version-check --editable .
	touch $@

$(VENV)/dev: pyproject.toml | $(BIN)/python
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@ $(VENV)/core
