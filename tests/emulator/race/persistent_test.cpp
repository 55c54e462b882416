// The exchanges of the persistent kernels under ThreadSanitizer: no thread reads or writes what another may be writing,
// whatever the order. A planted mistake must be reported.
#include <gtest/gtest.h>
#include <kernel_language.cuh>

#include <hysteron/cells/gru.hpp>
#include <hysteron/cells/mgu.hpp>

#include "kernels/persistent/launch.cuh"
#include "tests/layer.hpp"

// A race ends the program at once, so that a test can see it.
extern "C" const char* __tsan_default_options() { return "halt_on_error=1:report_bugs=1"; }

namespace hysteron {

namespace {

using cuda::PlantedBug;

template <PlantedBug planted>
struct With {
  static constexpr bool has(PlantedBug bug) { return bug == planted; }
};

/// Forward and backward, in the fixed orders of threads and in `seeds` random ones.
template <Cell C, class P, class ForwardBug = cuda::NoBug>
void run_both(InputKind kind, int units, unsigned seeds) {
  Layer<float> layer(describe<C>(), {1, 5, 3, units}, kind, Kept::trajectory, {5, 0, 4}, 1);
  cuda_emulator::for_each_schedule(seeds, [&] {
    std::ranges::copy(layer.initial, layer.states.begin());
    std::ranges::copy(layer.entering_last, layer.state_gradient.begin());
    cuda::launch_persistent_forward<C, P, ForwardBug>(layer.run(), nullptr, nullptr);
    cuda::launch_persistent_backward<C, P>(layer.run(), layer.gradient(), nullptr, nullptr);
  });
}

template <class C>
class PersistentRaces : public testing::Test {};
using Cells = testing::Types<Gru<float>, Mgu<float>>;
TYPED_TEST_SUITE(PersistentRaces, Cells);

TYPED_TEST(PersistentRaces, None) {
  run_both<TypeParam, cuda::Plan<32, 1, 16, 4>>(InputKind::varying, 32, 2);
  run_both<TypeParam, cuda::Plan<64, 4, 16, 4>>(InputKind::varying, 61, 2);
  run_both<TypeParam, cuda::Plan<64, 4, 16, 4>>(InputKind::constant, 64, 0);
}

// Between the last read of what was received and the push: shuffles carry the values, but do not order memory.
template <class C>
class PersistentRacesDeathTest : public testing::Test {};
TYPED_TEST_SUITE(PersistentRacesDeathTest, Cells);

template <Cell C, PlantedBug bug>
void expect_race() {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH((run_both<C, cuda::Plan<64, 4, 16, 4>, With<bug>>(InputKind::varying, 64, 0)), "data race");
}
TYPED_TEST(PersistentRacesDeathTest, AMissingWarpBarrierIsReported) {
  expect_race<TypeParam, PlantedBug::no_warp_barrier>();
}
// A wait says that the values have arrived, but only the fence after it orders reading them after their arrival.
TYPED_TEST(PersistentRacesDeathTest, AMissingAcquireIsReported) { expect_race<TypeParam, PlantedBug::no_acquire>(); }

}  // namespace

}  // namespace hysteron
