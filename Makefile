# Every target does all of its own set-up. `make scan` and `make test` are all that a newcomer needs.

PYTHON ?= python3
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
export NODE_OPTIONS ?= --no-warnings

TARGET ?= 127.0.0.1
SCAN_ARGS ?=
STAGE ?= dev
PYTEST := $(BIN)/pytest
OUTSIDE := lab or e2e or container or long

.PHONY: fuzz audit-dependencies sbom scan up down status check lint test inside units outside test-long scenario matrix reactions wire faults bench-simulate bench-overhead bench-scan bench-lossy bench-resume bench-estimate bench-fanout bench-estate bench-reads bench-parse bench-scale docs synth deploy lock format clean system system-test

scan: system ## Bring the app up on this machine and scan TARGET
	@$(BIN)/vedette up
	@$(BIN)/vedette scan $(TARGET) $(SCAN_ARGS)

up: system
	@$(BIN)/vedette up

down: $(BIN)/.ready
	@$(BIN)/vedette down

status: $(BIN)/.ready
	@$(BIN)/vedette status

check: lint $(BIN)/.ready ## The inner loop: format, lint, types, import contracts, unit tests
	$(PYTEST) -q -m "not ($(OUTSIDE) or template or contract)" -n 2

lint: $(BIN)/.ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: inside outside ## Everything that must hold: unit, templates, contracts, lab, end to end, container

inside: $(BIN)/.ready ## What needs nothing outside this process: lint beside unit, templates, contracts
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target lint units

units: $(BIN)/.ready
	$(PYTEST) -q -m "not ($(OUTSIDE))" -n 2

outside: system-test ## Lab, end to end on the deployed local stack, container mode
	$(PYTEST) -m "(lab or e2e or container) and not long" -n 3 --durations=15 \
		$$(grep -rlE 'mark\.(lab|e2e|container)\b' tests --include='test_*.py')

test-long: system-test ## Scenarios, fuzzing, faults, every role without each of its actions
	$(PYTEST) -m long
	$(PYTEST) -q -n 2 --hypothesis-profile long tests/core

docs: $(BIN)/.ready ## Write docs/roles.md and docs/price.md anew, from the table of roles and from what an estimate says
	$(BIN)/python -m infra.roles_page
	$(BIN)/python -m infra.price_page

synth: $(BIN)/.ready ## Synthesise the app for STAGE; needs neither Docker nor credentials
	$(BIN)/python -m infra.app --stage $(STAGE)

deploy: $(BIN)/.ready ## Deploy STAGE to the AWS account of your credentials
	$(BIN)/python -m infra.deploy --stage $(STAGE)

scenario: system-test ## Ten lab scans, then ninety days of an estate on the deployed local stack, held to what was written by hand
	@$(BIN)/python -m tests.scenario

matrix: $(BIN)/.ready ## Each route and frame by each role, in their own project and in another, held to a table written by hand
	@$(BIN)/python -m tests.matrix

reactions: system-test ## Seconds to the last packet: kill switch, end of hours, end of an authority; to a socket's close: a token revoked
	@$(BIN)/python -m tests.reactions

wire: system-test ## Every packet of scans in the lab, on every interface: none to whom no authority holds or an exclusion spares
	@$(BIN)/python -m tests.wire

faults: system-test ## A fault in each scan of the lab (kills, hangs, full disks, outages, repeats, wrong clocks), and what is true after it (RUNS, SEED, KINDS, BOUND)
	@$(BIN)/python -m tests.faults

fuzz: system ## Made requests and frames at the deployed local stack, from its own descriptions (FITTING, UNFITTING, FRAMES, SEED)
	@$(BIN)/python -m tests.fuzz

audit-dependencies: $(BIN)/.ready ## Known vulnerabilities in every lock file; says so where there is no network to ask
	@$(BIN)/python -m infra.supply_chain audit

sbom: $(BIN)/.ready ## CycloneDX documents of what each lock file brings, into build/sbom
	@$(BIN)/python -m infra.supply_chain sbom

bench-estate: $(BIN)/.ready ## A large network scanned again: unchanged, 1 % changed, all changed (EXPOSURES)
	@$(BIN)/python -m tests.bench.estate

bench-reads: $(BIN)/.ready ## Items that a list, a filter or a trend evaluates, at 1,000 and at EXPOSURES
	@$(BIN)/python -m tests.bench.reads

bench-parse: $(BIN)/.ready ## nmap's XML to observations beside counting its ports and python-libnmap; many observations ingested (SIZES, ROUNDS, OBSERVATIONS)
	@$(BIN)/python -m tests.bench.parse

bench-scale: $(BIN)/.ready ## The plan of a /8 beside a /12; two scans of many open ports compared page by page (OBSERVATIONS, HOSTS_A_CHUNK)
	@$(BIN)/python -m tests.bench.scale

bench-simulate: $(BIN)/.ready ## CHUNKS chunks by the real planner, gate and ledger under AWS's quotas, on a virtual clock (TASKS)
	@$(BIN)/python -m tests.bench.simulate

bench-scan: system-test ## One worker on the lab beside nmap, nmap tuned, and masscan at a fixed rate with one nmap (HOSTS, PORTS, RATE, ROUNDS, CASES)
	@$(BIN)/python -m tests.bench.scan

bench-lossy: system-test ## A path of 20,000 packets/s, 40 ms, 1 % lost: what the worker finds beside masscan at a fixed rate (PATH_PPS, DELAY_MS, LOST_OF_1000, ROUNDS)
	@$(BIN)/python -m tests.bench.lossy

bench-resume: system-test ## Long chunks whose worker is killed at a random moment: what the next attempt asks again, by the wire (RUNS, LANES, SECONDS, SEED)
	@$(BIN)/python -m tests.bench.resume

bench-estimate: system-test ## Scans of the lab on the deployed local stack, each beside the estimate that was asked for before (ROUNDS, CASES)
	@$(BIN)/python -m tests.bench.estimate

bench-fanout: system-test ## The same chunks by one worker and by K side by side, then 10,000 of them in the simulator (PARTS, WORKERS, CHUNKS, HOSTS, SIM_CHUNKS, TASKS)
	@$(BIN)/python -m tests.bench.fanout

bench-overhead: system-test ## A lab scan beside the same masscan and nmap by hand (HOSTS, PORTS, RATE)
	@$(BIN)/python -m tests.bench.overhead

lock: $(BIN)/.ready ## Resolve every lock file anew
	$(BIN)/python -m infra.locks

format: $(BIN)/.ready
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

system: $(BIN)/.ready
	@$(BIN)/python -m infra.local.install

system-test: $(BIN)/.ready
	@$(BIN)/python -m infra.local.install --tests

clean: down
	rm -rf build cdk.out .vedette

$(BIN)/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Vedette needs Python 3.11 or newer: make PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "This Python has no venv module; run: sudo apt-get install -y python3-venv"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check "$$(grep -o '^uv==[0-9.]*' requirements.lock)"
	@$(BIN)/uv pip sync --quiet --require-hashes --python $(BIN)/python requirements.lock
	@$(BIN)/uv pip install --quiet --no-deps --python $(BIN)/python --editable .
	@touch $@
