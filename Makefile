# Everything happens inside .venv; nothing else on the machine is touched.
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN    := .venv/bin
READY  := .venv/.ready
# Else each of the hundreds of processes that the tests start compiles the whole program anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test slow check docs audit sbom dist bench endure lock clean
MINUTES ?= 60

help: ## show these lines
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(READY) ## the main job against the embedded emulator
	$(BIN)/reaper demo

test: $(READY) ## the tests, but for those that take long
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not slow and not benchmark"

slow: $(READY) ## the tests that take long
	$(BIN)/python -m pytest -n 4 --dist worksteal -m "slow or law" --hypothesis-profile=same

check: $(READY) docs ## linters, rooms and types, of the tests too; the site of the docs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy

docs: $(READY) ## the documentation as a site, in site/; any link that leads nowhere is an error
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict

audit: $(READY) ## what is known of the locked dependencies; skipped, and said so, where nobody can be asked
	$(BIN)/python tools/audit.py

sbom: $(READY) ## the bill of materials of a release, into dist/
	$(BIN)/python tools/sbom.py dist

dist: sbom ## a release: wheel, source and bill of materials, into dist/
	$(BIN)/python -m build --no-isolation

bench: $(READY) ## the measured promises, as ratios
	$(BIN)/python -m pytest -p no:cacheprovider -m benchmark -s tests/benchmarks

endure: $(READY) ## a daemon in bad weather and kill -9 on both databases, for MINUTES=60 in all
	REAPER_ENDURE_MINUTES=$(MINUTES) $(BIN)/python -m pytest -s -p no:cacheprovider tests/scenarios/endurance tests/scenarios/hostile/test_any_answer.py tests/scenarios/hostile/test_neighbours.py

lock: ## pin the dependencies anew (needs uv)
	uv pip compile -q --upgrade --universal --python-version 3.11 --all-extras --generate-hashes --no-emit-index-url --no-header pyproject.toml -o requirements.lock

clean: ## remove what the other targets made
	rm -rf .venv build dist site .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
