# Two commands from a fresh clone: `make serve` and `make test`. Everything they need lands in .venv and build/.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
DATA ?= ../shared/data/ocr
OUT ?= build/bench.json

.PHONY: help serve test test-release chaos lint format bench bench-accuracy-ocr bench-latency-ocr bench-operations docs lock clean

ROUNDS ?= 30

help:
	@echo "make serve          set up and start the server (ARGS=\"--port 8080\" passes flags)"
	@echo "make test           set up and run all tests"
	@echo "make test-release   the same at the sizes of a release"
	@echo "make chaos          kill the server ROUNDS=30 times under load, see that nothing is lost"
	@echo "make lint           ruff, mypy, import rules, file lengths"
	@echo "make bench          accuracy and latency of reading, against others"
	@echo "make docs           rewrite the generated pages of docs/"
	@echo "make lock           resolve the dependencies anew into requirements/*.lock"

# --- environments ---------------------------------------------------------------------------------

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Readstone needs Python 3.11 or newer")'
	$(PYTHON) -m venv $(VENV)

# The project itself is installed as a link to src/, with the locked build tool, so nothing is unpinned.
define install
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(1)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
endef

$(VENV)/.serve: $(BIN)/python requirements/serve.lock pyproject.toml
	@echo "Setting up (once; about a minute) ..."
	$(call install,requirements/serve.lock)
	@touch $@

$(VENV)/.test: $(BIN)/python requirements/test.lock pyproject.toml
	$(call install,requirements/test.lock)
	@touch $@ $(VENV)/.serve

# The vendor's SDKs, each release in a folder of its own: they share one package name.
build/sdk/.done: $(VENV)/.test tests/sdk/setup.py $(wildcard requirements/sdk/* tests/sdk/node/*.json)
	$(BIN)/python tests/sdk/setup.py build/sdk
	@touch $@

# --- what people run ------------------------------------------------------------------------------

serve: $(VENV)/.serve
	@exec $(BIN)/readstone serve $(ARGS)

test: $(VENV)/.test build/sdk/.done
	$(MAKE) --no-print-directory lint
	$(BIN)/python -m pytest $(ARGS)
	$(BIN)/python tools/generated_pages.py --check

test-release: $(VENV)/.test build/sdk/.done
	READSTONE_TEST_SIZE=release $(BIN)/python -m pytest $(ARGS)

# kill -9 of the store's process and of the whole server, ROUNDS times each.
chaos: $(VENV)/.test
	ROUNDS=$(ROUNDS) $(BIN)/python -m pytest tests/chaos $(ARGS)

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/file_lengths.py

format: $(VENV)/.test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: bench-accuracy-ocr bench-latency-ocr bench-operations

bench-accuracy-ocr: $(VENV)/.test
	$(BIN)/python bench/accuracy_ocr.py --data "$(DATA)" --out "$(OUT)" $(ARGS)

bench-latency-ocr: $(VENV)/.test
	$(BIN)/python bench/latency_ocr.py $(ARGS)

bench-operations: $(VENV)/.test
	$(BIN)/python bench/operations.py $(ARGS)
	$(BIN)/python bench/operations_http.py $(ARGS)

docs: $(VENV)/.test
	$(BIN)/python tools/generated_pages.py

lock: $(BIN)/python
	$(BIN)/python -m pip install --quiet uv
	PATH="$(abspath $(BIN)):$$PATH" sh tools/lock.sh

clean:
	rm -rf build .venv
