#include "stepwise_schedule.hpp"

#include "cell_kernels.hpp"

namespace hysteron::cuda {
namespace {

// A graph of fewer launches is not worth making; one of more holds too much memory.
constexpr int fewest_steps_of_graph = 4, most_steps_of_graph = 4096;

void add_to(GraphCache::Key& key, std::initializer_list<std::int64_t> values) { key.insert(key.end(), values); }
template <class T>
std::int64_t address(const T* pointer) {
  return reinterpret_cast<std::int64_t>(pointer);
}
template <class Real>
void add_to(GraphCache::Key& key, const Lanes<Real>& lanes) {
  add_to(key, {address(lanes.first), lanes.replica, lanes.step, lanes.sequence});
}

template <class Real>
GraphCache::Key key_of(const LayerRun<Real>& run, const void* workspace) {
  GraphCache::Key key{address(run.cell),    run.shape.replicas,  run.shape.steps,    run.shape.batch,   run.shape.units,
                      address(run.lengths), address(run.weight), run.weight_replica, address(workspace)};
  add_to(key, run.unit);
  add_to(key, run.input);
  add_to(key, run.states);
  add_to(key, run.intermediates);
  add_to(key, run.saved);
  return key;
}

/// The first `lanes` lanes of a record at a step, one row per sequence.
template <class Real>
View<Real> rows_at(const Shape& shape, const Lanes<Real>& field, int step, int lanes) {
  return {field.first + step * field.step,     shape.replicas, shape.batch,
          std::ptrdiff_t(lanes) * shape.units, field.replica,  field.sequence};
}

/// The recurrent matrices, then the deep ones, stacked [lanes * units, units].
template <class Real>
struct Weights {
  View<const Real> recurrent, deep;
  explicit Weights(const LayerRun<Real>& run) {
    const std::ptrdiff_t units = run.shape.units;
    const auto stacked = [&](int before, int lanes) {
      return View<const Real>{
          run.weight + before * units * units, run.shape.replicas, lanes * units, units, run.weight_replica, units};
    };
    recurrent = stacked(0, run.cell->recurrent);
    deep = stacked(run.cell->recurrent, run.cell->deep);
  }
};

/// What forward and backward of a run need in addition to the run itself.
template <class Real>
struct Stepwise {
  Stepwise(Device& device, const LayerRun<Real>& run)
      : kernels(&cell_kernels(run.cell->name).stepwise(Real{})),
        stream(device.stream()),
        workspace(device.workspace().reserve(step_rows(run, nullptr).bytes)),
        rows(step_rows(run, workspace)),
        weights(run) {}
  const StepwiseKernels<Real>* kernels;
  cudaStream_t stream;
  void* workspace;
  StepRows<Real> rows;
  Weights<Real> weights;
};

bool worth_graph(const Shape& shape) {
  return shape.steps >= fewest_steps_of_graph && shape.steps <= most_steps_of_graph;
}

}  // namespace

template <class Real>
void StepwiseSchedule<Real>::forward(const LayerRun<Real>& run) {
  const Stepwise<Real> own(*device_, run);
  const Shape& shape = run.shape;
  const CellInfo& cell = *run.cell;
  const auto every_step = [&] {
    for (int step = 0; step < shape.steps; ++step) {
      if (cell.recurrent > 0)
        products_->multiply<Real>({rows_at(shape, run.states, step, 1), Transposed::no, own.weights.recurrent,
                                   Transposed::yes, rows_at(shape, own.rows.recurrent, 0, cell.recurrent),
                                   Result::replaced});
      if (cell.deep > 0) {
        own.kernels->forward_intermediate(run, own.rows, step, own.stream);
        const Lanes<Real>& read = kept(run.intermediates, shape.steps) ? run.intermediates : own.rows.intermediates;
        products_->multiply<Real>({rows_at(shape, read, step, 1), Transposed::no, own.weights.deep, Transposed::yes,
                                   rows_at(shape, own.rows.deep, 0, cell.deep), Result::replaced});
      }
      own.kernels->forward(run, own.rows, step, own.stream);
    }
  };
  if (!worth_graph(shape)) return every_step();
  graphs_.run(key_of(run, own.workspace), own.stream, every_step);
}

template <class Real>
void StepwiseSchedule<Real>::backward(const LayerRun<Real>& run, const LayerGradient<Real>& gradient) {
  const Stepwise<Real> own(*device_, run);
  const Shape& shape = run.shape;
  const CellInfo& cell = *run.cell;
  const auto every_step = [&] {
    own.kernels->begin_backward(run, gradient, own.rows, own.stream);
    for (int step = shape.steps - 1; step >= 0; --step) {
      if (cell.deep > 0) {
        own.kernels->backward_deep(run, gradient, own.rows, step, own.stream);
        products_->multiply<Real>({rows_at(shape, gradient.deep, step, cell.deep), Transposed::no, own.weights.deep,
                                   Transposed::no, rows_at(shape, own.rows.through, 0, 1), Result::replaced});
      }
      own.kernels->backward(run, gradient, own.rows, step, own.stream);
      if (cell.recurrent > 0)
        products_->multiply<Real>({rows_at(shape, gradient.recurrent, step, cell.recurrent), Transposed::no,
                                   own.weights.recurrent, Transposed::no, rows_at(shape, gradient.state, 0, 1),
                                   Result::added});
    }
    own.kernels->end_backward(run, gradient, own.rows, own.stream);
  };
  if (!worth_graph(shape)) return every_step();
  GraphCache::Key key = key_of(run, own.workspace);
  for (const Lanes<Real>* const lanes :
       {&gradient.state, &gradient.totals, &gradient.input, &gradient.unit, &gradient.recurrent, &gradient.deep})
    add_to(key, *lanes);
  add_to(key, gradient.entering);
  graphs_.run(key, own.stream, every_step);
}

template class StepwiseSchedule<float>;
template class StepwiseSchedule<double>;

}  // namespace hysteron::cuda
