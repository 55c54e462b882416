#include <thrust/execution_policy.h>
#include <thrust/sequence.h>
#include <thrust/sort.h>
#include <thrust/system_error.h>
#include <thrust/tabulate.h>

#include <hysteron/shuffle.hpp>

#include "shuffle.hpp"

// Keys are made on the device, and sorted by radix, which keeps equal keys in the order of their numbers; one replica
// after the other, since this happens only once per epoch. (CUB can also sort all segments in one launch, but with a
// kernel that spills registers.) What else goes by index is not Thrust's: a batch of sequences is gathered by
// kernels/gather.cuh with one index for a sequence, where Thrust would read four bytes of index for every value.
namespace hysteron::cuda {
namespace {

struct KeyOfNumber {
  const std::uint64_t* seed;
  std::uint64_t epoch;
  __device__ std::uint64_t operator()(int number) const { return shuffle_key(*seed, epoch, number); }
};

/// What Thrust takes its temporary memory from: a workspace, so that only a sort larger than all before it allocates.
/// Thrust holds one such piece at a time, and gives it back before the work on the stream is done; what comes next on
/// that stream may use it.
class TemporaryMemory {
 public:
  using value_type = char;
  explicit TemporaryMemory(Workspace& workspace) : workspace_(&workspace) {}
  char* allocate(std::ptrdiff_t bytes) { return static_cast<char*>(workspace_->reserve(std::size_t(bytes))); }
  void deallocate(char*, std::size_t) {}

 private:
  Workspace* workspace_;
};

}  // namespace

void launch_shuffle(const ShuffleRun& run, ShuffleMemory& memory, cudaStream_t stream) try {
  if (run.count == 0) return;
  auto* const keys = static_cast<std::uint64_t*>(memory.keys.reserve(std::size_t(run.count) * sizeof(std::uint64_t)));
  TemporaryMemory temporary(memory.of_sort);
  const auto on_stream = thrust::cuda::par_nosync(temporary).on(stream);
  for (int replica = 0; replica < run.replicas; ++replica) {
    int* const orders = run.orders + std::ptrdiff_t(replica) * run.count;
    thrust::tabulate(on_stream, keys, keys + run.count, KeyOfNumber{run.seeds + replica, run.epoch});
    thrust::sequence(on_stream, orders, orders + run.count);
    thrust::stable_sort_by_key(on_stream, keys, keys + run.count, orders);
  }
} catch (const thrust::system_error& failure) {
  require_success(cudaError_t(failure.code().value()), "thrust::stable_sort_by_key");
  throw;
}

}  // namespace hysteron::cuda
