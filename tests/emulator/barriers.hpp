// Barriers of a block, a cluster or a grid.
#pragma once

#include "switching.hpp"

namespace hysteron::cuda_emulator {

inline void complete_if_all_arrived(Barrier& barrier) {
  if (barrier.arrived == 0 || barrier.arrived + barrier.exited < barrier.expected) return;
  ++barrier.phase, barrier.arrived = 0;
  for (Fiber* waiter : barrier.waiters) make_ready(*waiter);
  barrier.waiters.clear();
}

inline std::uint64_t arrive(Barrier& barrier, Site site) {
  if (barrier.arrived == 0) barrier.site = site;
  if (!(barrier.site == site))
    fail("is at %s:%d, a different %s than other threads, which are at %s:%d", site.file, site.line, barrier.name,
         barrier.site.file, barrier.site.line);
  if (barrier.exited != 0 && !options.exit_counts_as_arrival)
    fail("waits at %s %s:%d after %u thread(s) returned without it", barrier.name, site.file, site.line,
         barrier.exited);
  const std::uint64_t phase = barrier.phase;
  release_token(&barrier.order[phase & 1]);
  ++barrier.arrived;
  complete_if_all_arrived(barrier);
  return phase;
}

inline void wait(Barrier& barrier, std::uint64_t phase, Site site) {
  if (barrier.phase == phase) {
    barrier.waiters.push_back(fiber_now);
    suspend(barrier.name, site);
  }
  acquire_token(&barrier.order[phase & 1]);
}

inline void synchronize(Barrier& barrier, Site site) {
  Unobserved unobserved;
  wait(barrier, arrive(barrier, site), site);
}

inline void leave_barrier(Barrier& barrier) {
  ++barrier.exited;
  release_token(&barrier.order[barrier.phase & 1]);
  if (options.exit_counts_as_arrival) return complete_if_all_arrived(barrier);
  if (barrier.arrived != 0)
    fail("returns while %u thread(s) wait at %s %s:%d", barrier.arrived, barrier.name, barrier.site.file,
         barrier.site.line);
}

// bar.sync id, threads
inline void synchronize_named(unsigned id, unsigned threads, CUDA_EMULATOR_SITE_PARAMETER) {
  Unobserved unobserved;
  Barrier& barrier = fiber_now->block->named.at(id);
  barrier.name = "named barrier", barrier.expected = threads;
  synchronize(barrier, CUDA_EMULATOR_SITE);
}

}  // namespace hysteron::cuda_emulator
