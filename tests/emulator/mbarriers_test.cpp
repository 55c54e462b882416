// The emulated mbarriers and asynchronous stores: correct code passes in every order of threads and deliveries, and
// each mistake is named.
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <kernel_language.cuh>

#include "error_of.hpp"

namespace hysteron::cuda {

namespace {

using cuda_emulator::Delivery;
using testing::HasSubstr;

enum Bug {
  none,
  polls,  // which is also correct
  arrives_twice,
  expects_nothing,
  expects_too_much,
  expects_too_little,
  no_fence,  // after the initialization
  barrier_of_another_block,
  no_last_wait,
  sends_to_the_gone,
  wrong_parity,
  no_initialization,
  never_arrives,
  overwrites_barrier,
  unaligned,
};

// Each block sends a token to its right neighbor, `rounds` times; out: the sum of what it saw.
template <Bug bug>
__global__ void ring(int rounds, float* out) {
  SHARED_VARIABLE(buffers, float[4][32][4]);
  SHARED_VARIABLE(arrived, Mbarrier[4]);
  const unsigned rank = cluster_rank(), blocks = cooperative_groups::this_cluster().num_blocks();
  if (threadIdx.x == 0) {
    if (bug != no_initialization) mbarrier_init(&arrived[0], 1);
    for (int at = 1; at < 4; ++at) mbarrier_init(&arrived[at], 1);
    if (bug != no_fence) fence_mbarrier_init();
    if (bug == overwrites_barrier) arrived[0] = 0;
  }
  cluster_arrive();
  cluster_wait();
  const unsigned peer = (rank + 1) % blocks;
  const ClusterAddress to = cluster_address(buffers, peer), signal = cluster_address(arrived, peer);
  float sum = 0, token = float(rank * 32 + threadIdx.x);
  for (int round = 0; round < rounds; ++round) {
    const int used = 4;
    const int buffer = round % used;
    if (threadIdx.x == 0) {
      if (bug == expects_nothing)
        mbarrier_arrive(&arrived[buffer]);
      else if (bug == never_arrives)
        mbarrier_expect(&arrived[buffer], 512);
      else
        mbarrier_arrive_expect(&arrived[buffer], bug == expects_too_much ? 528 : bug == expects_too_little ? 496 : 512);
      if (bug == arrives_twice) mbarrier_arrive(&arrived[buffer]);
    }
    if (bug == sends_to_the_gone && rank == 0) return;
    store_async(
        to + unsigned(buffer * 512) + threadIdx.x * 16 + (bug == unaligned ? 4 : 0), make_float4(token, 1, 2, 3),
        bug == barrier_of_another_block ? cluster_address(&arrived[buffer], rank) : signal + unsigned(buffer) * 8);
    if (bug == no_last_wait && round + 1 == rounds) break;
    if (bug == polls) {
      while (!mbarrier_try_wait(&arrived[buffer], round / 4 % 2)) {}
    } else {
      mbarrier_wait(&arrived[buffer], (round / used + (bug == wrong_parity)) % 2);
    }
    acquire_shared();
    token = buffers[buffer][threadIdx.x][0];
    sum += token;
  }
  out[blockIdx.x * 32 + threadIdx.x] = sum;
}

template <Bug bug>
std::vector<float> run(int rounds) {
  std::vector<float> out(4 * 32);
  launch({.grid = dim3(4), .block = dim3(32), .cluster = dim3(4)}, ring<bug>, rounds, out.data());
  return out;
}

template <Bug bug>
std::string error_of_ring(int rounds = 3) {
  return error_of([&] { run<bug>(rounds); });
}

TEST(Mbarriers, PassTokensAroundARing) {
  cuda_emulator::for_each_schedule(6, [] {
    for (const std::vector<float>& out : {run<none>(9), run<polls>(9)})
      for (int block = 0; block < 4; ++block)
        for (int thread = 0; thread < 32; ++thread) {
          float sum = 0;
          for (int round = 1; round <= 9; ++round) sum += float((block + 36 - round) % 4 * 32 + thread);
          EXPECT_EQ(out[std::size_t(block * 32 + thread)], sum);
        }
  });
}

TEST(Mbarriers, MistakesAreNamed) {
  cuda_emulator::for_each_schedule(4, [] {
    EXPECT_THAT(error_of_ring<arrives_twice>(), HasSubstr("arrives once too often"));
    EXPECT_THAT(error_of_ring<expects_too_much>(), HasSubstr("deadlock"));
    EXPECT_THAT(error_of_ring<expects_too_much>(), HasSubstr("16 byte(s) missing"));
    EXPECT_THAT(error_of_ring<expects_too_little>(1), HasSubstr("return"));
    EXPECT_THAT(error_of_ring<no_fence>(), HasSubstr("no fence"));
    EXPECT_THAT(error_of_ring<barrier_of_another_block>(), HasSubstr("with an mbarrier of another block"));
    EXPECT_THAT(error_of_ring<sends_to_the_gone>(), HasSubstr("return"));
    EXPECT_THAT(error_of_ring<no_initialization>(), HasSubstr("not initialized"));
    EXPECT_THAT(error_of_ring<never_arrives>(), HasSubstr("1 arrival(s) and 0 byte(s) missing"));
    EXPECT_THAT(error_of_ring<overwrites_barrier>(), HasSubstr("not initialized or was overwritten"));
    EXPECT_THAT(error_of_ring<unaligned>(), HasSubstr("unaligned"));
  });
}

TEST(Mbarriers, StoresThatComeLateShowWhoDidNotWait) {
  cuda_emulator::for_each_schedule(4, [] {
    cuda_emulator::options.delivery = Delivery::late;
    EXPECT_THAT(error_of_ring<no_last_wait>(), HasSubstr("return"));
    EXPECT_THAT(error_of_ring<expects_nothing>(), HasSubstr("return"));
    EXPECT_NE(error_of_ring<wrong_parity>(), "");
  });
}

}  // namespace

}  // namespace hysteron::cuda
