#include <algorithm>
#include <numeric>

#include "backend/cpu_operations.hpp"

// Which sequences run together, and where their packed weights lie; the arithmetic is in recurrence_kernel.hpp.
namespace hysteron {

using cpu_kernels::most_rows;
using cpu_kernels::Strided;

namespace {

template <class Real>
Strided<Real> strided(const Lanes<Real>& lanes) {
  return {lanes.first, lanes.replica, lanes.step, lanes.sequence};
}

/// How many slices to cut the batch of each replica into: the smallest number that takes the least time, if a step of n
/// rows costs n + a few (the weights are read once a step, however many rows use them).
int slices_of_replica(int replicas, int batch, int threads) {
  constexpr int price_of_step = 3, fewest_rows = 4;
  int best = 0;
  long least = 0;
  const int most = std::max(1, (batch + fewest_rows - 1) / fewest_rows);
  for (int slices = std::max(1, (batch + most_rows - 1) / most_rows); slices <= most; ++slices) {
    const long rounds = (long(replicas) * slices + threads - 1) / threads;
    const long time = rounds * ((batch + slices - 1) / slices + price_of_step);
    if (best == 0 || time < least) best = slices, least = time;
  }
  return best;
}

/// The sequences of one replica, longest first, dealt out so that the slices' work is alike.
struct Dealt {
  int *sequences, *lengths;  // [batch], slice by slice
  int slices, batch;

  int first(int slice) const { return slice * (batch / slices) + std::min(slice, batch % slices); }
  int count(int slice) const { return first(slice + 1) - first(slice); }
};

/// Slice s takes every slices-th sequence in the order of their lengths; if all lengths are equal, neighbors in memory.
void deal(const Dealt& to, const int* lengths, int steps, int* order) {
  std::iota(order, order + to.batch, 0);
  const auto length = [&](int sequence) { return lengths ? std::clamp(lengths[sequence], 0, steps) : steps; };
  if (lengths) {
    std::sort(order, order + to.batch,
              [&](int a, int b) { return length(a) != length(b) ? length(a) > length(b) : a < b; });
  }
  int next = 0;
  for (int slice = 0; slice < to.slices; ++slice)
    for (int i = 0; i < to.count(slice); ++i, ++next) {
      to.sequences[next] = lengths ? order[i * to.slices + slice] : next;
      to.lengths[next] = length(to.sequences[next]);
    }
}

}  // namespace

template <class Real>
void CpuOperations<Real>::run_slices(const LayerRun<Real>& run, const LayerGradient<Real>* gradient) {
  const CellInfo& cell = *run.cell;
  const auto& kernels = of_real(workers_->level().cell(cell.name));
  const cpu_kernels::DenseKernels<Real>& products = dense();
  const int replicas = run.shape.replicas, batch = run.shape.batch, units = run.shape.units;
  if (replicas == 0 || batch == 0) return;

  // Forward, a unit's weights are a column of its lane; backward, they are a row of the whole matrix.
  const int copies = run.weight_replica == 0 ? 1 : replicas, panel = products.panel;
  const int panels = (units + panel - 1) / panel, lanes = cell.matrices();
  const std::ptrdiff_t lane = std::ptrdiff_t(units) * panels * panel, matrix = std::ptrdiff_t(units) * units;
  Real* const packed = workers_->shared<Real>(Shared::panels, copies * lanes * lane);
  const int tasks = gradient ? 2 : lanes;
  workers_->run(std::ptrdiff_t(copies) * tasks * panels, copies * lanes * matrix * 4, [&](std::ptrdiff_t i, int) {
    const std::ptrdiff_t copy = i / (tasks * panels), what = i / panels % tasks;
    const int first = static_cast<int>(i % panels) * panel, columns = std::min(panel, units - first);
    const Real* const weight = run.weight + copy * run.weight_replica;
    Real* const to = packed + copy * lanes * lane;
    if (!gradient) {
      products.pack({weight + what * matrix + first * std::ptrdiff_t(units), 1, units, nullptr, units, columns},
                    to + what * lane + first * std::ptrdiff_t(units));
      return;
    }
    const int before = what == 0 ? 0 : cell.recurrent, depth = units * (what == 0 ? cell.recurrent : cell.deep);
    products.pack({weight + before * matrix + first, units, 1, nullptr, depth, columns},
                  to + before * lane + first * std::ptrdiff_t(depth));
  });

  const int slices = slices_of_replica(replicas, batch, workers_->threads());
  const std::ptrdiff_t all = std::ptrdiff_t(replicas) * batch;
  int* const order = workers_->shared<int>(Shared::order, 2 * all + batch);
  const auto dealt = [&](std::ptrdiff_t replica) {
    return Dealt{order + replica * batch, order + all + replica * batch, slices, batch};
  };
  for (int replica = 0; replica < replicas; ++replica)
    deal(dealt(replica), run.lengths ? run.lengths + std::ptrdiff_t(replica) * batch : nullptr, run.shape.steps,
         order + 2 * all);

  workers_->reserve_own<Real>(kernels.scratch_values(most_rows, units, panel));
  const std::ptrdiff_t work = all * run.shape.steps * units * (40 + 2 * lanes * std::ptrdiff_t(units));
  workers_->run(std::ptrdiff_t(replicas) * slices, work, [&](std::ptrdiff_t i, int thread) {
    const std::ptrdiff_t replica = i / slices;
    const int number = static_cast<int>(i % slices);
    const Dealt sequences = dealt(replica);
    const Real* const panels_of_replica = packed + (copies == 1 ? 0 : replica) * lanes * lane;
    cpu_kernels::RecurrenceSlice<Real> slice{.dense = &products,
                                             .replica = static_cast<int>(replica),
                                             .steps = run.shape.steps,
                                             .units = units,
                                             .rows = sequences.count(number),
                                             .sequences = sequences.sequences + sequences.first(number),
                                             .lengths = sequences.lengths + sequences.first(number),
                                             .recurrent_panels = panels_of_replica,
                                             .deep_panels = panels_of_replica + cell.recurrent * lane,
                                             .unit = strided(run.unit),
                                             .input = strided(run.input),
                                             .states = strided(run.states),
                                             .intermediates = strided(run.intermediates),
                                             .saved = strided(run.saved),
                                             .entering = {},
                                             .state = {},
                                             .totals = {},
                                             .input_gradient = {},
                                             .unit_gradient = {},
                                             .recurrent = {},
                                             .deep = {},
                                             .scratch = workers_->own<Real>(thread)};
    if (!gradient) return kernels.forward(slice);
    slice.entering = strided(gradient->entering);
    slice.state = strided(gradient->state);
    slice.totals = strided(gradient->totals);
    slice.input_gradient = strided(gradient->input);
    slice.unit_gradient = strided(gradient->unit);
    slice.recurrent = strided(gradient->recurrent);
    slice.deep = strided(gradient->deep);
    kernels.backward(slice);
  });
}

template <class Real>
void CpuOperations<Real>::forward(const LayerRun<Real>& run) {
  run_slices(run, nullptr);
}

template <class Real>
void CpuOperations<Real>::backward(const LayerRun<Real>& run, const LayerGradient<Real>& gradient) {
  run_slices(run, &gradient);
}

template void CpuOperations<float>::forward(const LayerRun<float>&);
template void CpuOperations<double>::forward(const LayerRun<double>&);
template void CpuOperations<float>::backward(const LayerRun<float>&, const LayerGradient<float>&);
template void CpuOperations<double>::backward(const LayerRun<double>&, const LayerGradient<double>&);

}  // namespace hysteron
