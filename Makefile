# Everything the project does, by name. `make` alone lists it.
#
# Needs Python (with venv and pip), make and git. uv is used where it is on the PATH and installed into the checkout,
# in .uv/, where it is not; every library comes from uv.lock, into .venv/.

PYTHON ?= $(shell command -v python3 || command -v python)
UV := $(if $(shell uv --version 2>/dev/null),$(shell command -v uv),.uv/bin/uv)
VENV := $(or $(UV_PROJECT_ENVIRONMENT),.venv)
RUN := $(VENV)/bin/python
READY := $(VENV)/.installed-from-the-lock
JOBS ?= 2
LAYOUT := .jupyter/default-37a8.jupyterlab-workspace
ROOT_USER := $(if $(filter 0,$(shell id -u)),--allow-root)

.PHONY: help lab test lint format notebooks environment readme site cards binder-check evidence bench fuzz

help:
	@echo 'make lab          open JupyterLab at the first notebook'
	@echo 'make test         run the whole test suite, every notebook included'
	@echo 'make lint         check style, formatting, spelling, the types of helpers and the rules for notebooks'
	@echo 'make format       put code and notebooks into the form that lint asks for'
	@echo 'make notebooks    execute all notebooks and store them (NB=08_train_a_dqn: only this one)'
	@echo 'make readme       write the generated parts of README.md again, and draw its picture'
	@echo 'make site         build the web page of the course in docs/_build/html'
	@echo 'make environment  write environment.yml again from pyproject.toml and uv.lock'
	@echo 'make cards        measure what each notebook costs and write it on its card (NB=08_train_a_dqn: only this one)'
	@echo 'make binder-check do what Binder does, without Docker: ten minutes (NB="14 15": only these)'
	@echo 'make fuzz         break files and answers by chance, ten minutes long (ARGS="--minutes 2")'
	@echo 'make bench        this course beside Stable-Baselines3 and rejax (long; makes environments for them, 6 GB)'
	@echo 'make evidence     record again the runs that notebooks show (long; RECORD=plain_dqn: only these, JOBS=2)'

lab: $(READY) $(LAYOUT)
	$(VENV)/bin/jupyter lab $(ROOT_USER) --ServerApp.ip=127.0.0.1 --ServerApp.root_dir='$(CURDIR)' \
		--LabApp.workspaces_dir='$(CURDIR)/$(dir $(LAYOUT))' \
		--LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb $(ARGS)

# The layout of the first start, with the table of contents open; from then on it is the reader's own.
$(LAYOUT):
	@mkdir -p $(@D) && cp docs/lab/layout.json $@

test: $(READY)
	$(RUN) -m pytest -n auto $(ARGS)

lint: $(READY)
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(VENV)/bin/codespell
	$(VENV)/bin/basedpyright
	$(RUN) tools/lint_notebooks.py

format: $(READY)
	$(RUN) -m ruff check --fix .
	$(RUN) -m ruff format .

notebooks: $(READY)
	$(RUN) tools/run_notebooks.py $(NB)

readme: $(READY)
	$(RUN) tools/write_readme_table.py
	$(RUN) tools/draw_front.py

cards: $(READY)
	$(RUN) tools/measure_cards.py $(NB)
	$(RUN) tools/write_readme_table.py

binder-check: $(READY)
	$(RUN) tools/check_binder.py $(NB)

site: $(READY)
	$(RUN) tools/build_site.py

# Locks before it installs: after a change in pyproject.toml the old lock no longer fits.
environment: | $(UV)
	$(UV) lock
	$(UV) sync --locked
	@touch $(READY)
	$(RUN) tools/write_environment.py

evidence: $(READY)
	$(UV) sync --locked --group lander
	set -e; for file in $(or $(wildcard evidence/$(RECORD).py),$(filter-out evidence/__init__.py,$(wildcard evidence/*.py))); do \
		$(RUN) -m evidence.$$(basename $$file .py) --jobs $(JOBS); \
	done

fuzz: $(READY)
	$(RUN) tools/fuzz.py $(ARGS)

PEERS := stable_baselines rejax_ppo

bench: $(READY) $(PEERS:%=.venv-%/.installed)
	$(RUN) -m benchmarks.compare $(ARGS)

# Each peer has an environment of its own: they need other libraries for their networks.
.venv-%/.installed: benchmarks/%.txt | $(UV)
	$(UV) venv --quiet --clear --python $(RUN) .venv-$*
	$(UV) pip install --quiet --python .venv-$* -r $<
	@touch $@

# A stamp inside the environment: installing is tried again when the lock changed or the environment was deleted.
$(READY): pyproject.toml uv.lock docs/lab/settings.json | $(UV)
	$(UV) sync --locked
	@touch $@

# One version, for all who have none on the PATH. To renew: the newest one that `pip index versions uv` names.
.uv/bin/uv:
	$(PYTHON) -m venv .uv
	.uv/bin/python -m pip install --quiet --disable-pip-version-check uv==0.13.9
