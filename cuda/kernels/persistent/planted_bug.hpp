#pragma once
#include <hysteron/portable.hpp>

namespace hysteron::cuda {

/// Mistakes that a test plants in the exchanges of the persistent kernels, to show that the emulator finds each of
/// them.
enum class PlantedBug {
  single_buffer,            // for what travels, instead of two
  push_before_last_read,    // reads what a peer sent once more after the push
  missing_expect_tx,        // arrives without expecting bytes
  wrong_parity,             // waits for the other parity
  exit_with_store_inbound,  // forward: also pushes after the last step; backward: no last wait
  barrier_for_last_wait,    // backward: a barrier of the cluster instead of the last wait
  lost_arrive,              // expects bytes without arriving
  too_few_bytes,            // expects one store too few
  arrive_twice,
  no_wait,
  wait_in_first_warp_only,
  no_acquire,  // after a wait
  no_init_fence,
  no_first_barrier,   // before the first remote store
  arm_after_push,     // expects after the push of the same exchange: legal, must pass
  no_warp_barrier,    // between the last read of what was received and the push
  no_partial_buffer,  // backward: one buffer of partial sums instead of two
  no_block_barrier,   // backward: between writing and summing the partial sums
  length_off_by_one,  // a sequence lives one step too long
};

/// What a kernel is normally compiled with: no mistake. A test passes a type that has one.
struct NoBug {
  HYSTERON_HD static constexpr bool has(PlantedBug) { return false; }
};

}  // namespace hysteron::cuda
