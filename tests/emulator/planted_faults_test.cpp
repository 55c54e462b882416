// Correct code passes in every order of threads; each planted mistake is found: as an error that names it, by
// AddressSanitizer, or as a wrong result in some order.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "error_of.hpp"
#include "faulty_kernels.cuh"

namespace hysteron::cuda {

namespace {

using cuda_emulator::Delivery;
using cuda_emulator::for_each_schedule;
using testing::HasSubstr;

template <Fault fault>
bool reverses() {
  constexpr int blocks = 3;
  std::vector<float> from(blocks * reversed_block), to(from.size()), expected(from.size());
  for (std::size_t i = 0; i < from.size(); ++i) from[i] = float(i);
  for (std::size_t i = 0; i < from.size(); ++i)
    expected[i] = from[i / reversed_block * reversed_block + reversed_block - 1 - i % reversed_block];
  int counted = 0;
  launch({.grid = dim3(blocks), .block = dim3(reversed_block)}, reverse_blocks<fault>, from.data(), to.data(),
         &counted);
  return to == expected && counted == blocks;
}

template <Fault fault>
bool reverses_copied() {
  std::vector<float> from(reversed_block), to(reversed_block);
  for (std::size_t i = 0; i < from.size(); ++i) from[i] = float(i);
  launch({.grid = dim3(1), .block = dim3(reversed_block)}, reverse_copied<fault>, from.data(), to.data());
  std::ranges::reverse(from);
  return to == from;
}

template <Fault fault>
bool sends_around() {
  constexpr int rounds = 9;
  std::vector<float> sums(ring_blocks * ring_threads), expected(sums.size());
  for (int block = 0; block < ring_blocks; ++block)
    for (int thread = 0; thread < ring_threads; ++thread)
      for (int round = 1; round <= rounds; ++round)
        expected[std::size_t(block * ring_threads + thread)] +=
            float((block + rounds * ring_blocks - round) % ring_blocks * ring_threads + thread);
  launch({.grid = dim3(ring_blocks), .block = dim3(ring_threads), .cluster = dim3(ring_blocks)}, send_around<fault>,
         rounds, sums.data());
  return sums == expected;
}

/// The number of orders in which a run is wrong, or in which the emulator reports an error.
template <class Run>
int found(unsigned seeds, const Run& run) {
  int count = 0;
  for_each_schedule(seeds, [&] {
    bool right = false;
    const std::string error = error_of([&] { right = run(); });
    count += !error.empty() || !right ? 1 : 0;
  });
  return count;
}

TEST(PlantedFaults, NoneIsFoundWhereThereIsNone) {
  EXPECT_EQ(found(10, reverses<Fault::none>), 0);
  EXPECT_EQ(found(10, reverses_copied<Fault::none>), 0);
  EXPECT_EQ(found(10, sends_around<Fault::none>), 0);
}

TEST(PlantedFaults, AMissingBarrierIsAWrongResultInEveryOrder) {
  EXPECT_EQ(found(10, reverses<Fault::missing_barrier>), 12);
}

TEST(PlantedFaults, ADivergentBarrierIsNamed) {
  for_each_schedule(4, [] {
    EXPECT_THAT(error_of(reverses<Fault::divergent_barrier>), HasSubstr("__syncthreads"));
    EXPECT_THAT(error_of(reverses<Fault::divergent_barrier>), HasSubstr("faulty_kernels.cuh:"));
    EXPECT_THAT(error_of(reverses<Fault::other_barrier>), HasSubstr("a different __syncthreads than other threads"));
    EXPECT_THAT(error_of(reverses<Fault::early_return>), HasSubstr("__syncthreads"));
  });
}

TEST(PlantedFaults, AnUninitializedSharedValueIsNotANumber) { EXPECT_EQ(found(4, reverses<Fault::uninitialized>), 6); }

TEST(PlantedFaults, ACopyThatNobodyWaitedForHasNotCome) {
  EXPECT_EQ(found(4, reverses_copied<Fault::unawaited_copy>), 6);
}

TEST(PlantedFaults, TooFewBuffersAndALoneWaitAreFoundInSomeOrder) {
  EXPECT_GT(found(10, sends_around<Fault::two_buffers>), 0);
  EXPECT_GT(found(10, sends_around<Fault::lone_wait>), 0);
}

#if defined(CUDA_EMULATOR_ASAN)
TEST(PlantedFaultsDeathTest, AnIndexOutOfBoundsEndsTheProgramAndNamesTheThread) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(reverses<Fault::out_of_bounds>(), "CUDA block \\(0,0,0\\) thread \\(0,0,0\\)");
  EXPECT_DEATH(reverses<Fault::out_of_bounds>(), "use-after-poison");
  EXPECT_DEATH(reverses<Fault::out_of_bounds_global>(), "heap-buffer-overflow");
}
#endif

}  // namespace

}  // namespace hysteron::cuda
