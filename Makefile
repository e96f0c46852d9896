# Every target sets up what it needs: on a bare Debian 12, `make demo` and `make test` work as they are.
.DEFAULT_GOAL := help
.PHONY: help setup system demo test unit nightly lint lab bench clean
SHELL := /bin/bash

PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { command -v $$p; break; }; done)
VENV := .venv
PY := $(VENV)/bin/python
RUN ?=# what `make demo` passes on, e.g. RUN="--asterisk 16"

# What the lab and the prompts need beside Python: a voice, a firewall that drops packets, setpriv.
SYSTEM := espeak-ng nftables util-linux ca-certificates
# What only the tests need: a browser that opens the page, and fonts with Chinese in them.
SYSTEM_TEST := chromium fonts-wqy-zenhei

help:
	@echo "make demo    watch a hotline lose a carrier, its agents and the bridge, and every caller be called back (STAY=1 keeps it up)"
	@echo "make test    lint, types and every test, on a real Asterisk"
	@echo "make lint    ruff, mypy --strict, import contracts"
	@echo "make unit    only the tests that start nothing"
	@echo "make nightly 10,000 traces that nobody has seen through the core (TRACES=n: as many)"
	@echo "make lab     a real Asterisk with carriers, phones and callers; 'python -m lab --help' says what it can do"
	@echo "make bench   the figures, each with its floor from the same run"
	@echo "make setup   .venv and the system packages that are missing"

setup: system $(VENV)/.ready

$(VENV)/.ready: requirements.lock setup.cfg pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: apt-get install python3 python3-venv" >&2; exit 2; }
	@"$(PYTHON)" -c 'import ensurepip' 2>/dev/null || $(MAKE) --no-print-directory install PACKAGES=python3-venv
	test -x $(PY) || "$(PYTHON)" -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

system:
	@$(MAKE) --no-print-directory install PACKAGES="$(SYSTEM)"

system-test:
	@$(MAKE) --no-print-directory install PACKAGES="$(SYSTEM_TEST)"

# Installs those of PACKAGES that are missing; says what to do where it may not.
.PHONY: install system-test
install:
	@missing=""; for p in $(PACKAGES); do \
		[ "$$(dpkg-query -W -f='$${db:Status-Status}' $$p 2>/dev/null)" = installed ] || missing="$$missing $$p"; done; \
	[ -z "$$missing" ] && exit 0; \
	if ! command -v apt-get >/dev/null; then echo "Please install with your system's means:$$missing" >&2; exit 2; fi; \
	sudo=""; if [ "$$(id -u)" != 0 ]; then sudo=$$(command -v sudo) || { \
		echo "Please run as root: apt-get install$$missing" >&2; exit 2; }; fi; \
	echo "installing:$$missing"; \
	$$sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq --no-install-recommends $$missing >/dev/null

demo: setup
	@$(PY) -m lab.demo $(if $(STAY),--stay) $(RUN)

lint: setup
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	for one in tests/*/conftest.py; do $(VENV)/bin/mypy $$one || exit 1; done
	$(VENV)/bin/lint-imports

unit: $(VENV)/.ready
	$(PY) -m pytest -q -n 2 -m "not asterisk and not browser and not slow"

TRACES ?= 10000

nightly: $(VENV)/.ready
	HOLDFAST_TRACES=$(TRACES) $(PY) -m pytest -q tests/fallback/test_traces.py tests/fallback/test_properties.py
	$(PY) -m pytest -q -m nightly

# Many callers for minutes: these need the machine nearly for themselves.
CROWDED := tests/bridge/test_demo.py tests/chaos/test_chaos_asterisk.py
WORKERS := $(PY) -m pytest --dist loadfile -m "not nightly"

# PYTEST: only these. Each worker has an Asterisk of its own; a file stays with one worker, since its tests share a site. Most of
# what is not crowded waits for something, so there is more of it at a time.
test: setup system-test lint
ifdef PYTEST
	$(WORKERS) -n 2 $(PYTEST)
else
	$(WORKERS) -n 2 $(CROWDED); crowded=$$?; \
	$(WORKERS) -n 3 $(addprefix --ignore=,$(CROWDED)) && exit $$crowded
endif

lab: setup
	@$(PY) -m lab up

bench: setup
	@$(PY) -m bench $(BENCH)

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
