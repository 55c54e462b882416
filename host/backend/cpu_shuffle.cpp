#include <algorithm>

#include <hysteron/shuffle.hpp>

#include "backend/cpu_operations.hpp"

namespace hysteron {

namespace {

struct Keyed {
  std::uint64_t key;
  int number;
};

}  // namespace

template <class Real>
void CpuOperations<Real>::shuffle(const ShuffleRun& run) {
  const std::ptrdiff_t count = run.count;
  Keyed* const keyed = workers_->shared<Keyed>(Shared::panels, run.replicas * count);
  workers_->run(run.replicas, run.replicas * count * 100, [&](std::ptrdiff_t replica, int) {
    Keyed* const own = keyed + replica * count;
    for (int i = 0; i < run.count; ++i) own[i] = {shuffle_key(run.seeds[replica], run.epoch, i), i};
    std::sort(own, own + count,
              [](const Keyed& a, const Keyed& b) { return a.key != b.key ? a.key < b.key : a.number < b.number; });
    std::transform(own, own + count, run.orders + replica * count, [](const Keyed& one) { return one.number; });
  });
}

template void CpuOperations<float>::shuffle(const ShuffleRun&);
template void CpuOperations<double>::shuffle(const ShuffleRun&);

}  // namespace hysteron
