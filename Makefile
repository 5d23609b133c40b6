# One verb a line; `make` alone lists them. Everything happens in .venv and var/.
.DEFAULT_GOAL := help
VENV := .venv
PY := $(VENV)/bin/python
STAMP := $(VENV)/.installed

.PHONY: help setup run test test-live test-faults test-fuzz test-installer check bench docs

help:            ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## /\1\t/' | expand -t 18

setup: $(STAMP)  ## make the environment in .venv (uv where it is installed, else venv and pip)

$(STAMP): pyproject.toml constraints.txt
	@./tools/setup $(VENV)
	@touch $@

run: setup       ## start the demo: pages, preseeds, hooks, a worker and the sandbox, on loopback; Ctrl-C stops all
	@exec $(VENV)/bin/staging demo

test: setup      ## run all tests but the live, long and fuzz ones
	@$(PY) -m pytest -n 3 --dist loadfile --no-loadscope-reorder

test-live: setup ## the contract cases against a real engine: STAGING_LIVE_URL, STAGING_LIVE_PASSWORD_FILE
	@test -n "$$STAGING_LIVE_URL" -a -r "$$STAGING_LIVE_PASSWORD_FILE" || { echo "test-live: set STAGING_LIVE_URL (https://engine), STAGING_LIVE_PASSWORD_FILE (root's password) and, if its certificate is its own, STAGING_LIVE_CA_FILE" >&2; exit 2; }
	@$(PY) -m pytest -m live tests/live

test-faults: setup ## every failure at every request of the 80-seat plan
	@$(PY) -m pytest -m slow --timeout 0 tests/sandbox --ignore tests/sandbox/test_plan_fuzz.py

test-fuzz: setup ## ten thousand broken workbooks
	@$(PY) -m pytest -m slow --timeout 0 tests/sandbox/test_plan_fuzz.py

test-installer: setup ## Debian's real installer in QEMU against the service: up to two hours; its story goes to docs/installer
	@INSTALLER_OUT=docs/installer $(PY) -m pytest -m slow tests/installer tests/sandbox/test_preseed_disk.py

check: setup     ## ruff, mypy, import contracts, pure and contract tests
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports
	@$(PY) -m pytest -q tests/pure tests/contract

bench: setup     ## measure, and write ratios
	@PYTHONPATH=. $(PY) tools/bench_plans.py
	@$(PY) tools/bench.py
	@PYTHONPATH=. $(PY) tools/bench_labels.py
	@PYTHONPATH=. $(PY) tools/bench_preseed.py
	@PYTHONPATH=. $(PY) tools/bench_wazo.py

docs: setup      ## write the generated pages again
	@$(PY) tools/docs.py
