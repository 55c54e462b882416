// The emulator itself: each of CUDA's built-in functions compared with its definition, in several orders of threads.
#include <cmath>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <kernel_language.cuh>

#include "error_of.hpp"

namespace hysteron::cuda {

namespace {

namespace cg = cooperative_groups;
using cuda_emulator::for_each_schedule;
using testing::HasSubstr;

__global__ void shuffles(int* out) {
  const int lane = int(threadIdx.x % 32), value = 100 + int(threadIdx.x);
  int* row = out + threadIdx.x * 8;
  row[0] = __shfl_sync(~0U, value, 5);
  row[1] = __shfl_up_sync(~0U, value, 3);
  row[2] = __shfl_down_sync(~0U, value, 3);
  row[3] = __shfl_xor_sync(~0U, value, 1);
  row[4] = __shfl_sync(~0U, value, 1, 8);
  row[5] = __shfl_down_sync(~0U, value, 2, 8);
  row[6] = int(__ballot_sync(~0U, lane % 3 == 0));
  row[7] = __any_sync(~0U, lane == 31) + 2 * __all_sync(~0U, lane < 31);
}

__global__ void tiles(int* out) {
  const auto tile = cg::tiled_partition<8>(cg::this_thread_block());
  if (tile.meta_group_rank() % 2 == 0)  // tiles may diverge
    out[threadIdx.x] = cg::reduce(tile, int(tile.thread_rank()), cg::plus<int>());
  else
    out[threadIdx.x] = tile.shfl_xor(int(threadIdx.x), 4) + int(tile.ballot(tile.thread_rank() == 2));
}

__global__ void split_barrier(int* out) {
  SHARED_VARIABLE(own, int);
  const auto cluster = cg::this_cluster();
  if (threadIdx.x == 0) own = int(cluster.block_rank()) * 10;
  cluster.barrier_arrive();
  const int unrelated = int(threadIdx.x);
  cluster.barrier_wait();
  out[blockIdx.x * blockDim.x + threadIdx.x] =
      *cluster.map_shared_rank(&own, (cluster.block_rank() + 1) % cluster.num_blocks()) + unrelated;
  cluster.sync();
}

__global__ void named_barriers(int* out) {
  SHARED_VARIABLE(value, int[2]);
  const unsigned half = threadIdx.x / 64;
  if (threadIdx.x % 64 == 0) value[half] = int(half) + 1;
  if (half == 0) cuda_emulator::synchronize_named(1, 64);
  if (half == 1) cuda_emulator::synchronize_named(2, 64);
  out[threadIdx.x] = value[half];
}

__global__ void hand_made_grid_barrier(unsigned* arrived, int* data) {
  if (threadIdx.x == 0) {
    data[blockIdx.x] = int(blockIdx.x) + 1;
    __threadfence();
    atomicAdd(arrived, 1U);
    while (atomicAdd(arrived, 0U) < gridDim.x) __nanosleep(20);
    __threadfence();
    int sum = 0;
    for (unsigned at = 0; at < gridDim.x; ++at) sum += data[at];
    data[gridDim.x + blockIdx.x] = sum;
  }
}

__global__ void early_return(int* out) {
  if (threadIdx.x >= 40) return;
  __syncthreads();
  out[threadIdx.x] = __any_sync(~0U, 1);
}

__global__ void indices(unsigned* out) {
  const unsigned block = (blockIdx.z * gridDim.y + blockIdx.y) * gridDim.x + blockIdx.x;
  const unsigned thread = (threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x;
  atomicAdd(&out[block * blockDim.x * blockDim.y * blockDim.z + thread], 1U);
  if (cg::this_cluster().block_rank() != (blockIdx.y % 3) * 2 + blockIdx.x % 2) atomicAdd(&out[0], 1000U);
}

__global__ void undefined_values(float* out) {
  SHARED_VARIABLE(value, float[4]);
  out[0] = value[2];
  out[1] = dynamic_shared<float>()[0];
}

__global__ void deep(int depth, int* out) {
  volatile char frame[1024];
  frame[0] = char(depth);
  if (depth > 0) deep(depth - 1, out);
  *out += frame[0] != char(depth);
}

TEST(Emulator, ShufflesAndVotes) {
  for_each_schedule(4, [] {
    std::vector<int> out(64 * 8);
    launch({.grid = dim3(1), .block = dim3(64)}, shuffles, out.data());
    for (int thread = 0; thread < 64; ++thread) {
      const int warp = thread / 32 * 32, lane = thread % 32, *row = &out[std::size_t(thread) * 8];
      EXPECT_EQ(row[0], 100 + warp + 5);
      EXPECT_EQ(row[1], 100 + (lane >= 3 ? thread - 3 : thread));
      EXPECT_EQ(row[2], 100 + (lane + 3 < 32 ? thread + 3 : thread));
      EXPECT_EQ(row[3], 100 + (thread ^ 1));
      EXPECT_EQ(row[4], 100 + thread / 8 * 8 + 1);
      EXPECT_EQ(row[5], 100 + (thread % 8 < 6 ? thread + 2 : thread));
      EXPECT_EQ(unsigned(row[6]), 0x49249249U);
      EXPECT_EQ(row[7], 1);
    }
  });
}

TEST(Emulator, TilesOfAWarp) {
  for_each_schedule(4, [] {
    std::vector<int> out(64 * 8);
    launch({.grid = dim3(1), .block = dim3(64)}, tiles, out.data());
    for (int thread = 0; thread < 64; ++thread)
      EXPECT_EQ(out[std::size_t(thread)], (thread / 8 % 2 == 0 ? 28 : (thread ^ 4) + 4));
  });
}

TEST(Emulator, ASplitClusterBarrier) {
  for_each_schedule(4, [] {
    std::vector<int> out(64 * 8);
    launch({.grid = dim3(8), .block = dim3(32), .cluster = dim3(4)}, split_barrier, out.data());
    for (int thread = 0; thread < 256; ++thread)
      EXPECT_EQ(out[std::size_t(thread)], (thread / 32 + 1) % 4 * 10 + thread % 32);
  });
}

TEST(Emulator, NamedBarriers) {
  for_each_schedule(4, [] {
    std::vector<int> out(64 * 8);
    launch({.grid = dim3(1), .block = dim3(128)}, named_barriers, out.data());
    for (int thread = 0; thread < 128; ++thread) EXPECT_EQ(out[std::size_t(thread)], thread / 64 + 1);
  });
}

TEST(Emulator, ABarrierOfTheGridMadeByHand) {
  for_each_schedule(4, [] {
    std::vector<int> data(12);
    unsigned arrived = 0;
    launch({.grid = dim3(6), .block = dim3(32), .cooperative = true}, hand_made_grid_barrier, &arrived, data.data());
    for (std::size_t block = 6; block < 12; ++block) EXPECT_EQ(data[block], 21);
  });
}

TEST(Emulator, IndicesOfThreadsAndBlocks) {
  for_each_schedule(4, [] {
    std::vector<unsigned> counts(4 * 6 * 2 * 5 * 3 * 2);
    launch({.grid = dim3(4, 6, 2), .block = dim3(5, 3, 2), .cluster = dim3(2, 3, 1)}, indices, counts.data());
    for (unsigned count : counts) EXPECT_EQ(count, 1);
  });
}

TEST(Emulator, SharedMemoryBeginsUndefined) {
  for_each_schedule(4, [] {
    float values[2] = {0, 0};
    launch({.grid = dim3(1), .block = dim3(1), .shared_bytes = 16}, undefined_values, values);
    EXPECT_TRUE(std::isnan(values[0]) && std::isnan(values[1]));
  });
}

TEST(Emulator, DeepStacks) {
  for_each_schedule(4, [] {
    int wrong = 0;
    launch({.grid = dim3(1), .block = dim3(1)}, deep, 50, &wrong);
    EXPECT_EQ(wrong, 0);
  });
}

TEST(Emulator, AnEarlyReturnIsAnErrorUnlessItCountsAsArrival) {
  std::vector<int> out(64);
  const auto run = [&] { launch({.grid = dim3(1), .block = dim3(64)}, early_return, out.data()); };
  EXPECT_THAT(error_of(run), HasSubstr("__syncthreads"));
  cuda_emulator::options.exit_counts_as_arrival = true;
  EXPECT_EQ(error_of(run), "");
  cuda_emulator::options.exit_counts_as_arrival = false;
}

TEST(Emulator, ShapesThatNoDeviceTakesAreRefused) {
  int* const nowhere = nullptr;
  EXPECT_THAT(
      error_of([&] { launch({.grid = dim3(3), .block = dim3(32), .cluster = dim3(2)}, split_barrier, nowhere); }),
      HasSubstr("not a multiple of the cluster"));
  EXPECT_THAT(error_of([&] { launch({.grid = dim3(1), .block = dim3(2048)}, split_barrier, nowhere); }),
              HasSubstr("invalid block"));
  EXPECT_THAT(error_of([&] { launch({.grid = dim3(0), .block = dim3(32)}, split_barrier, nowhere); }),
              HasSubstr("invalid grid"));
  EXPECT_THAT(error_of([&] {
                launch({.grid = dim3(1), .block = dim3(32), .shared_bytes = 228 * 1024}, split_barrier, nowhere);
              }),
              HasSubstr("shared memory"));
}

}  // namespace

}  // namespace hysteron::cuda
