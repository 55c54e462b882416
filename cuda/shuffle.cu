#include <cub/device/device_radix_sort.cuh>
#include <kernel_language.cuh>

#include <hysteron/shuffle.hpp>

#include "shuffle.hpp"

// Keys are made on the device, and sorted by radix, which keeps equal keys in the order of their numbers; one replica
// after the other, since this happens only once per epoch. (CUB can also sort all segments in one launch, but with a
// kernel that spills registers.)
namespace hysteron::cuda {
namespace {

constexpr std::size_t alignment = 256;

struct NumberKeys {
  const std::uint64_t* seed;
  std::uint64_t epoch;
  int count;
  std::uint64_t* keys;  // [count]
  int* numbers;         // [count]
};

__global__ void key_numbers(NumberKeys run) {
  const int number = int(blockIdx.x * blockDim.x + threadIdx.x);
  if (number >= run.count) return;
  run.keys[number] = shuffle_key(*run.seed, run.epoch, number);
  run.numbers[number] = number;
}

std::size_t rounded(std::size_t bytes) { return (bytes + alignment - 1) / alignment * alignment; }

}  // namespace

void launch_shuffle(const ShuffleRun& run, Workspace& workspace, cudaStream_t stream) {
  if (run.count == 0) return;
  constexpr unsigned threads = 256;
  const NumberKeys unplaced{nullptr, run.epoch, run.count, nullptr, nullptr};
  std::uint64_t* sorted_keys = nullptr;
  std::size_t of_sort = 0;
  const auto sort = [&](void* memory, const NumberKeys& keyed, int* orders) {
    require_success(cub::DeviceRadixSort::SortPairs(memory, of_sort, keyed.keys, sorted_keys, keyed.numbers, orders,
                                                    run.count, 0, 64, stream),
                    "cub::DeviceRadixSort::SortPairs");
  };
  sort(nullptr, unplaced, nullptr);  // returns the size that it needs

  const std::size_t of_keys = rounded(std::size_t(run.count) * sizeof(std::uint64_t));
  const std::size_t of_numbers = rounded(std::size_t(run.count) * sizeof(int));
  auto* const memory = static_cast<unsigned char*>(workspace.reserve(2 * of_keys + of_numbers + of_sort));
  sorted_keys = reinterpret_cast<std::uint64_t*>(memory + of_keys);
  for (int replica = 0; replica < run.replicas; ++replica) {
    const NumberKeys keyed{run.seeds + replica, run.epoch, run.count, reinterpret_cast<std::uint64_t*>(memory),
                           reinterpret_cast<int*>(memory + 2 * of_keys)};
    launch({.grid = dim3((unsigned(run.count) + threads - 1) / threads), .block = dim3(threads), .stream = stream},
           key_numbers, keyed);
    sort(memory + 2 * of_keys + of_numbers, keyed, run.orders + std::ptrdiff_t(replica) * run.count);
  }
}

}  // namespace hysteron::cuda
