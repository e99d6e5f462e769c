# The project's tasks: `make help` lists them.

SHELL := bash
PYTHON ?= python3

# Which lock to install: only from the command line, for some shells keep a variable of that name.
env := $(if $(filter command,$(origin ENV)),$(ENV))
# Modules of clusters set these, for another Python: its packages would come before those of the lock.
unexport PYTHONPATH PYTHONHOME

in_venv := @source .venv/bin/activate &&

.PHONY: help setup latex ready report example check gallery crate deposit tune status doctor test cluster bench lint format docs oldest \
  newest lock clean

help: ## List the targets
	@sed -nE 's/^([a-z]+):.*## (.*)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 10

setup: ## Make .venv with the locked packages (ENV=gpu for a machine with a GPU)
	@workflow/scripts/setup-venv.sh "$(PYTHON)" $(env)

latex: ## Install LaTeX if it is missing
	@workflow/scripts/ensure-latex.sh

# Both at the same time: they mostly wait for the network.
ready:
	@$(MAKE) --no-print-directory --jobs=2 setup latex

report: ready ## Run the quick study and build the PDF and the HTML report
	@workflow/scripts/report.sh

example: ready ## Run the small study of examples/bundled, to a PDF and an HTML report
	@cd examples/bundled && PATH=$(CURDIR)/.venv/bin:$$PATH && run="snakemake --snakefile ../../Snakefile --cores all" && \
	  $$run && $$run --report results/report.zip && echo && \
	  echo "PDF report:   examples/bundled/results/report_en.pdf" && \
	  echo "Web pages:    examples/bundled/results/page/index.html: open it in a browser" && \
	  echo "In one file:  examples/bundled/results/report.zip (unzip it, then open report/report.html in a browser)"

check: setup ## List all mistakes in the study, in seconds
	$(in_venv) python -m practica check

gallery: ready ## Renew the pictures of the README from the whole study
	$(in_venv) snakemake --cores all gallery

crate: setup ## Pack the finished study as an RO-Crate (results/crate.zip)
	$(in_venv) python -m practica crate

deposit: setup ## Gather the finished study for Zenodo (results/deposit)
	$(in_venv) python -m practica deposit

tune: setup ## Train the trials of all variants with a grid or a search, and judge them
	$(in_venv) snakemake --cores all tuning

status: ## Show which runs are done, running, waiting or failed
	$(in_venv) python -m practica status

doctor: setup ## Check whether this machine and its cluster are ready for a long run
	$(in_venv) python -m practica doctor

test: ready lint ## Run every check and every test
	$(in_venv) pytest --numprocesses=logical --maxprocesses=4 --dist=loadfile --no-loadscope-reorder

cluster: ready ## Run the tests that start a SLURM of one node, or of NODES=3, and break things (root)
	@tests/slurm/ensure-slurm.sh $(if $(NODES),nodes)
	$(in_venv) $(if $(NODES),NODES=$(NODES) pytest -m nodes,pytest -m slurm) tests/slurm

bench: ready ## Measure against plain Keras and a bare Snakefile, or AGAINST=COMMIT (CASES="ej06 xor", QUICK=1)
	$(in_venv) python -m bench $(if $(CASES),--cases "$(CASES)") $(if $(QUICK),--quick) $(if $(AGAINST),--against $(AGAINST))

lint: setup ## Check style, types and workflow
	$(in_venv) ruff check
	$(in_venv) ruff format --check
	$(in_venv) snakefmt --check Snakefile workflow/rules
	$(in_venv) snakemake --lint
	$(in_venv) mypy
	$(in_venv) lint-imports --no-cache

format: setup ## Format the code
	$(in_venv) ruff check --fix
	$(in_venv) ruff format
	$(in_venv) snakefmt Snakefile workflow/rules

docs: setup ## Write docs/configuration.md and study/config.schema.json from the schemas
	$(in_venv) python -m practica configuration --config config.yaml --out docs/configuration.md --schema study/config.schema.json

oldest: ## Test against the oldest versions that pyproject.toml allows
	@workflow/scripts/test-versions.sh "$(PYTHON)" oldest

newest: ## Test against the newest versions that pyproject.toml allows
	@workflow/scripts/test-versions.sh "$(PYTHON)" newest

lock: ## Update the lock files from pyproject.toml
	@workflow/scripts/lock.sh "$(PYTHON)"

clean: ## Remove results, logs and caches; keep data sets and .venv
	@if [[ -d .venv ]]; then .venv/bin/python -m practica clean; else rm -rf results; fi
	rm -rf logs .snakemake .latex .mypy_cache .pytest_cache .ruff_cache
	find workflow tests -name __pycache__ -prune -exec rm -rf {} +
