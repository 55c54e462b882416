#include "cuda/shuffle.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

#include <hysteron/shuffle.hpp>

#include "emulated_stream.hpp"

namespace hysteron::cuda {

// Thrust's sort is the only part of cuda/ that the emulator cannot run.
void launch_shuffle(const ShuffleRun& run, ShuffleMemory&, cudaStream_t stream) {
  cuda_emulator::enqueue(stream, [run] {
    for (int replica = 0; replica < run.replicas; ++replica) {
      std::vector<int> order(static_cast<std::size_t>(run.count));
      std::iota(order.begin(), order.end(), 0);
      std::ranges::stable_sort(order, {}, [&](int i) { return shuffle_key(run.seeds[replica], run.epoch, i); });
      std::ranges::copy(order, run.orders + std::ptrdiff_t(replica) * run.count);
    }
  });
}

}  // namespace hysteron::cuda
