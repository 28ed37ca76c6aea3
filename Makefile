# make digits: the main job. make lesson: the page to draw on. make test, make lint, make docs, make bench, make sanitize,
# make same-bits: what their names say. Everything is installed into .venv beside this file; only Python 3.11+, make and a
# C++ compiler are needed.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SOURCES := pyproject.toml CMakeLists.txt $(wildcard src/triceptron/core/*.?pp) $(shell find src -type d -not -name __pycache__)
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: digits lesson test lint docs types bench sanitize same-bits clean

digits: $(VENV)/.installed
	$(BIN)/triceptron digits --out runs/digits --force

lesson: $(VENV)/.installed
	$(BIN)/triceptron lesson

# Two processes share the tests: most of them wait for processes of their own.
test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -n 2 --dist worksteal

lint: $(VENV)/.installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	@if command -v npm >/dev/null; then $(MAKE) --silent types; else echo "no npm: the page's types are unchecked"; fi

# The site, in docs/_build; a warning is an error.
docs: $(VENV)/.installed-dev
	$(BIN)/python -m sphinx --quiet --fail-on-warning --keep-going docs docs/_build

types: node_modules/.installed
	node_modules/.bin/tsc

bench: $(VENV)/.installed-bench
	$(BIN)/python -m benchmarks

sanitize: $(VENV)/.installed-dev
	PATH="$(BIN):$$PATH" $(BIN)/python tests/core/drivers.py

# The core's bits on 64-bit Arm, under qemu, beside those of this machine.
same-bits: $(VENV)/.installed-dev
	PATH="$(BIN):$$PATH" $(BIN)/python tests/core/drivers.py aarch64

clean:
	rm -rf $(VENV) build docs/_build docs/gallery node_modules runs

# The type checker of the lesson's page, and axe, which its tests ask about accessibility.
node_modules/.installed: package.json
	npm install --no-package-lock --no-audit --no-fund --silent
	touch $@

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

# An editable install: Python files are used where they lie; a folder with another list of files, or another source
# of the core, installs anew. (Compiling first: the folders of compiled files must not look new afterwards.)
$(VENV)/.installed: $(BIN)/python $(SOURCES)
	@echo "Installing into $(VENV) and compiling the core; the first time that takes a minute or two."
	$(INSTALL) --editable .
	$(BIN)/python -m compileall -q src
	touch $@

$(VENV)/.installed-%: $(BIN)/python $(SOURCES)
	@echo "Installing what \"$*\" needs into $(VENV), and compiling the core; that takes a minute or two."
	$(INSTALL) --editable ".[$*]"
	$(BIN)/python -m compileall -q src
	touch $(VENV)/.installed $@
