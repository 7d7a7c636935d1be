# Begin with `make demo` and `make test`. Each runs the set-up that it needs, once.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CHECKOV := .venv-checkov
# Node comes with the Python packages: the machine's own may be another version.
WITH_NODE := PATH="$(CURDIR)/$(BIN):$$PATH"
# cdktf and mapspan call this program: `TERRAFORM_BINARY_NAME=tofu` is OpenTofu.
TERRAFORM := $(or $(TERRAFORM_BINARY_NAME),terraform)
FLOORS := unit synth plan e2e
# The floor of the checkout's user: your environments and the tests of your jobs.
USERS_FLOOR := jobs

# Containers often set it. The tests start hundreds of Python programs, and each would compile boto3 and cdktf again:
# measured, 2 s for boto3 alone, against 0.3 s.
unexport PYTHONDONTWRITEBYTECODE

# Set up the three environments two at a time. The floors run one after another.
MAKEFLAGS += --jobs=2

.DEFAULT_GOAL := help
.PHONY: help setup prerequisites demo test test-aws lint format docs check-cdktn bench lock clean $(addprefix test-,$(FLOORS) $(USERS_FLOOR))

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

demo: setup ## Deploy to two local AWS accounts and process a bucket of one in the other
	@$(BIN)/mapspan demo

test: lint ## Lint, then run the floors of tests: unit, synth, plan, e2e, and jobs, which is yours
	@for floor in $(FLOORS) $(USERS_FLOOR); do $(MAKE) --no-print-directory test-$$floor || exit 1; done

# The synth floor shares one synth for the whole session.
test-unit: WORKERS := --numprocesses 2 --dist loadfile --no-loadscope-reorder
test-plan: WORKERS := --numprocesses 2 --dist load
test-e2e: WORKERS := --numprocesses 2 --dist loadscope --no-loadscope-reorder

$(addprefix test-,$(FLOORS)): test-%: setup
	@echo "== floor: $* =="
	@$(WITH_NODE) $(BIN)/pytest $(WORKERS) tests/$*

test-jobs: setup ## Validate your environments, and run the tests of your jobs
	@echo "== floor: jobs =="
	@$(BIN)/python -m mapspan.jobs

test-aws: setup ## Ask two AWS accounts of yours the open questions (docs/verified-on-aws.md)
	@$(BIN)/python -m tests.aws $(ARGS)

lint: setup ## Check the code with ruff and mypy
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/mypy --no-error-summary .

format: setup ## Format the code, and correct what ruff can correct
	@$(BIN)/ruff check --quiet --fix .
	@$(BIN)/ruff format --quiet .

docs: setup ## Write the pages of docs/ that follow from the code again
	@$(BIN)/python -m docs.reference

check-cdktn: setup ## Try the move to CDK Terrain in a copy (docs/cdk-terrain.md)
	@$(WITH_NODE) $(BIN)/python -m tests.cdktn

bench: setup ## Measure the lister and the worker against their peers
	@$(BIN)/python -m benchmarks

setup: $(VENV)/.installed node_modules/.installed $(CHECKOV)/.installed ## Install the pinned packages, if they aren't installed

prerequisites:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "Python 3.11 or newer is missing: install it, or name it: make PYTHON=python3.12 setup" >&2; exit 1; }
	@$(PYTHON) -m venv --help >/dev/null 2>&1 || { echo "Python's venv module is missing: install it (on Debian and Ubuntu: apt install python3-venv)." >&2; exit 1; }
	@command -v "$(TERRAFORM)" >/dev/null || \
	  { echo "$(TERRAFORM) is missing: install terraform 1.10 or newer and put it on the PATH, or name another program with TERRAFORM_BINARY_NAME." >&2; exit 1; }

$(VENV)/.installed: requirements/project.txt pyproject.toml | prerequisites
	@echo "Setting up Python packages (a minute, once) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install -qq --no-compile --disable-pip-version-check --require-hashes -r requirements/project.txt
	@$(BIN)/pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

node_modules/.installed: package.json package-lock.json | $(VENV)/.installed
	@echo "Setting up cdktf-cli and the validators (half a minute, once) ..."
	@$(WITH_NODE) npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

# checkov pins old versions of the project's packages, so it has an environment of its own.
$(CHECKOV)/.installed: requirements/checkov.txt | prerequisites
	@echo "Setting up checkov (half a minute, once) ..."
	@$(PYTHON) -m venv $(CHECKOV)
	@$(CHECKOV)/bin/pip install -qq --no-compile --disable-pip-version-check --require-hashes -r requirements/checkov.txt
	@touch $@

lock: ## Lock the newest versions that pyproject.toml allows (needs uv)
	@uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header --upgrade --quiet --output-file requirements/project.txt
	@echo checkov | uv pip compile - --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header --upgrade --quiet --output-file requirements/checkov.txt
	@printf 'cdktn==0.24.0\ncdktn-provider-aws==25.8.1\n' | uv pip compile - --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header --no-annotate --quiet --output-file requirements/cdktn.txt

clean: ## Remove everything that was built or installed
	rm -rf $(VENV) $(CHECKOV) node_modules .build cdktf.out terraform.local.tfstate*
