# The main entry points; setup installs what each command needs from the distribution.
#   make demo    build, and run the main job        make test    build, and run every test, then again with sanitizers
#                (the CUDA part where a GPU is seen, or with make demo CUDA=ON)
#   make bench   measure                            make format  put all sources into the project's format
#   make docs    the documentation as a site in build/site
#   make crash   a small run, cut short at every place where it writes
#   make fuzz    every reader of files on damaged ones, 20,000 each (FUZZ_ROUNDS, FUZZ_SEED)
#   make gpu-check   all that needs a GPU: tests, sanitizers, measurements (also on a machine that build-portable/ and
#                    bench/ were carried to); call it again while it says so
JOBS ?= $(shell nproc)
MAKEFLAGS += --no-print-directory
.PHONY: demo setup test bench docs gpu-check crash fuzz format format-check
configure = cmake --preset $(1) $(2) $$([ -f $(3)/CMakeCache.txt ] || ! command -v ninja >/dev/null || echo -G Ninja) >/dev/null
build = cmake --build $(1) --parallel $(JOBS) --target

# Both demo and test build in build/. demo keeps whatever is configured there; test sets its own options again.
CUDA ?= $(shell if [ -e /dev/nvidiactl ] || [ -e /dev/dxg ]; then echo AUTO; else echo OFF; fi)
demo: setup
	@if [ -f build/CMakeCache.txt ]; then cmake -S . -B build $(if $(filter-out file,$(origin CUDA)),-DHYSTERON_CUDA=$(CUDA)) >/dev/null; \
	  else $(call configure,demo,-DHYSTERON_CUDA=$(CUDA),build); fi
	@[ -x build/hysteron ] || echo "demo: compiling hysteron: about three minutes of one core, here on $(JOBS); later only what changed"
	@$(call build,build) hysteron_program
	@build/hysteron demo
setup:
	@sh cmake/setup.sh
test: setup
	@for preset in release sanitize; do \
	  directory=build; [ $$preset = release ] || directory=build-$$preset; echo "test: $$preset"; \
	  $(call configure,$$preset,,$$directory) && $(call build,$$directory) all && \
	  ctest --test-dir $$directory --output-on-failure -j2 || exit 1; \
	  $$directory/hysteron info | sed -n 's/^cuda: not usable: /test: device tests skipped: /p'; \
	  cat $$directory/tests/emulator/*.count | awk '{ tests += $$1; cases += $$2; launches += $$3 } END { print \
	    "test: kernels on the emulator:", tests, "tests,", cases, "cases,", launches, "launches" }'; done
bench: setup
	@$(call configure,release,-DHYSTERON_BENCH=ON,build) && $(call build,build) benches
	@for bench in build/bench/*_bench; do $$bench || exit 1; done
docs:
	@EXTRA_PACKAGES=mkdocs $(MAKE) setup
	@[ -f build/CMakeCache.txt ] || $(call configure,demo,-DHYSTERON_CUDA=$(CUDA),build)
	@$(call build,build) hysteron_program && sh docs/site.sh build/hysteron build
gpu-check:
	@[ -x build-portable/bench/device_bench ] || { \
	  [ -e /dev/nvidiactl ] || [ -e /dev/dxg ] || { echo "gpu-check: this machine has no NVIDIA driver at work" >&2; exit 4; }; \
	  $(MAKE) setup && $(call configure,portable,-DHYSTERON_CUDA=ON,build-portable) && \
	  $(call build,build-portable) hysteron_program device_test device_bench; }
	@python3 bench/gpu_check.py --build build-portable $(GPU_CHECK)
crash: setup
	@$(call configure,release,,build) && $(call build,build) crash_test hysteron_program && CRASH_TEST=all build/tests/crash_test
FUZZ_ROUNDS ?= 20000
FUZZ_SEED ?= $(shell date +%s)
fuzz: setup
	@$(call configure,sanitize,,build-sanitize) && $(call build,build-sanitize) damaged_readers_test && \
	  echo "fuzz: seed $(FUZZ_SEED)" && FUZZ_ROUNDS=$(FUZZ_ROUNDS) FUZZ_SEED=$(FUZZ_SEED) build-sanitize/tests/damaged_readers_test
format:
	@cmake -DMODE=write -P cmake/format.cmake
format-check:
	@cmake -DMODE=check -P cmake/format.cmake
