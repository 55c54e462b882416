// Runs CUDA kernels on the CPU, for unit tests on machines without a GPU.
//
// Every CUDA thread is a fiber. The blocks of one cluster (all blocks, in a cooperative launch) are resident together
// and their fibers share one OS thread; a fiber runs until it waits (barrier, warp function, backoff) or returns, so a
// run is deterministic: it depends on the options (schedule, seed) only. See README.md beside this file for the rules
// that kernels must follow.
#pragma once

#include "atomics.hpp"
#include "cuda_names.hpp"
#include "grid_run.hpp"

#if defined(CUDA_EMULATOR_ASAN)
extern "C" __attribute__((weak)) void __asan_on_error() {
  std::fprintf(stderr, "%s\n", hysteron::cuda_emulator::name_current_thread());
}
#endif
