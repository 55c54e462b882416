#include <algorithm>
#include <utility>

#include <hysteron/recurrence.hpp>

namespace hysteron {
namespace {

template <class Value>
Lanes<Value> from_step(Lanes<Value> lanes, int step) {
  if (lanes.first) lanes.first += step * lanes.step;
  return lanes;
}

template <class Value>
View<Value> of_replica(const View<Value>& all, int replica) {
  return {all.at(replica, 0), 1, all.rows, all.columns, all.replica, all.row};
}

}  // namespace

template <class Real>
Recurrence<Real>::Recurrence(Backend& backend, const CellInfo& cell, Size size, Keep keep, InputMode mode)
    : backend_(&backend),
      operations_(&operations_of<Real>(backend)),
      cell_(&cell),
      size_(size),
      keep_(keep),
      mode_(mode) {
  const int steps = size.largest.steps, batch = size.largest.batch;
  const auto make = [&](std::ptrdiff_t rows, int lanes) {
    return Tensor<Real>(backend, {size.replicas, rows, std::ptrdiff_t(lanes) * size.units});
  };
  const std::ptrdiff_t all = std::ptrdiff_t(steps) * batch, kept = keep == Keep::trajectory ? all : batch;
  input_ = make(mode == InputMode::constant ? 1 : all, cell.input);
  states_ = make(keep == Keep::last_state ? batch : all + batch, cell.state);
  intermediates_ = make(kept, cell.intermediate);
  saved_ = make(kept, cell.saved);
  if (keep != Keep::trajectory) return;
  entering_ = make(all, cell.state);
  state_gradient_ = make(batch, cell.state);
  input_gradient_ = make(mode == InputMode::constant ? batch : all, cell.input);
  recurrent_gradient_ = make(all, cell.recurrent);
  deep_gradient_ = make(all, cell.deep);
  unit_gradient_ = make(batch, cell.unit);
  if (mode == InputMode::constant) input_sum_ = make(1, cell.input);
}

template <class Real>
Lanes<Real> Recurrence<Real>::lanes(Tensor<Real>& tensor, int count, int kept_steps) const {
  const std::ptrdiff_t row = std::ptrdiff_t(count) * size_.units, step = row * extent_.batch;
  return {tensor.data(), step * kept_steps, kept_steps == 1 ? 0 : step, row};
}

// kept_steps == 1 means a stride of zero; for a run of one step the memory is the same either way.
template <class Real>
LayerRun<Real> Recurrence<Real>::run(const CellWeights<const Real>& weights) {
  const int kept = keep_ == Keep::trajectory ? extent_.steps : 1;
  const std::ptrdiff_t gates = std::ptrdiff_t(cell_->input) * size_.units;
  LayerRun<Real> run;
  run.cell = cell_;
  run.shape = {size_.replicas, extent_.steps, extent_.batch, size_.units};
  run.lengths = lengths_;
  run.weight = weights.recurrent.first;
  run.weight_replica = weights.recurrent.replica;
  run.unit = {weights.unit.first, weights.unit.replica, 0, 0};
  if (mode_ == InputMode::constant) {
    run.input = {input_.data(), gates, 0, 0};
  } else {
    run.input = {input_.data(), rows() * gates, extent_.batch * gates, gates};
  }
  run.states = lanes(states_, cell_->state, keep_ == Keep::last_state ? 1 : extent_.steps + 1);
  run.intermediates = lanes(intermediates_, cell_->intermediate, kept);
  run.saved = lanes(saved_, cell_->saved, kept);
  return run;
}

template <class Real>
void Recurrence<Real>::forward(const CellWeights<const Real>& weights, std::span<const View<const Real>> sources,
                               Extent extent, const int* lengths, View<const Real> initial) {
  extent_ = extent;
  lengths_ = lengths;
  const View<Real> input = matrix(input_, mode_ == InputMode::constant ? 1 : rows(), cell_->input);
  std::ptrdiff_t column = 0;
  for (const View<const Real>& source : sources) {
    const View<const Real> block = weights.input.columns_from(column, source.columns);
    if (column == 0) {
      operations_->affine(source, block, weights.bias, input);
    } else {
      operations_->product(source, Transposed::no, block, Transposed::yes, input, Result::added);
    }
    column += source.columns;
  }
  const View<Real> first =
      matrix(states_, keep_ == Keep::last_state ? extent.batch : rows() + extent.batch, cell_->state)
          .rows_from(0, extent.batch);
  if (initial) {
    operations_->copy(initial, first);
  } else {
    operations_->clear(first);
  }
  operations_->forward(run(weights));
}

template <class Real>
View<Real> Recurrence<Real>::states() {
  return matrix(states_, rows() + extent_.batch, cell_->state).rows_from(extent_.batch, rows());
}

template <class Real>
View<Real> Recurrence<Real>::outputs() {
  return states().columns_from(0, size_.units);
}

template <class Real>
View<Real> Recurrence<Real>::last_state() {
  if (keep_ == Keep::last_state) return matrix(states_, extent_.batch, cell_->state);
  return matrix(states_, rows() + extent_.batch, cell_->state).rows_from(rows(), extent_.batch);
}

template <class Real>
void Recurrence<Real>::clear_gradients() {
  entering_used_ = false;
  detachment_ = {};
  operations_->clear(matrix(state_gradient_, extent_.batch, cell_->state));
}

template <class Real>
View<Real> Recurrence<Real>::output_gradient() {
  const View<Real> all = matrix(entering_, rows(), cell_->state);
  if (!entering_used_) operations_->clear(all);
  entering_used_ = true;
  return all.columns_from(0, size_.units);
}

template <class Real>
View<Real> Recurrence<Real>::last_state_gradient() {
  return matrix(state_gradient_, extent_.batch, cell_->state);
}

template <class Real>
void Recurrence<Real>::detach(Detachment detachment) {
  const std::size_t coins = std::ptrdiff_t(size_.replicas) * extent_.steps;
  if (detachment.steps.size() != coins || detachment.lanes < 1 || detachment.lanes > cell_->recurrent ||
      mode_ == InputMode::constant)
    throw defect({.what = "gradients cannot be detached so",
                  .expected = std::to_string(coins) + " steps of a sequence, of 1 to " +
                              std::to_string(cell_->recurrent) + " recurrent products",
                  .found = std::to_string(detachment.steps.size()) + " and " + std::to_string(detachment.lanes)});
  detachment_ = std::move(detachment);
}

template <class Real>
const int* Recurrence<Real>::lengths_of_steps() {
  if (!lengths_) return nullptr;
  std::vector<int> lengths(std::ptrdiff_t(size_.replicas) * extent_.batch), has_step;
  backend_->copy_out(lengths.data(), lengths_, lengths.size() * sizeof(int));
  for (int step = 0; step < extent_.steps; ++step)
    for (const int length : lengths) has_step.push_back(length > step);
  if (!step_lengths_)
    step_lengths_ = Tensor<int>(*backend_, {size_.largest.steps, size_.replicas, size_.largest.batch});
  backend_->copy_in(step_lengths_.data(), has_step.data(), has_step.size() * sizeof(int));
  return step_lengths_.data();
}

// Backends know nothing of detaching: at a step where a replica detaches, the weights through which it goes back are 0.
// Replicas detach at different steps, so all go step by step: a replica's sums do not depend on the others.
template <class Real>
void Recurrence<Real>::backward_by_steps(LayerRun<Real> run, const LayerGradient<Real>& gradient,
                                         const CellWeights<const Real>& weights, View<Real> unit_gradient) {
  const std::ptrdiff_t matrices = weights.recurrent.rows, units = size_.units;
  if (!detached_weights_) detached_weights_ = Tensor<Real>(*backend_, {size_.replicas, matrices, units});
  const View<Real> through = detached_weights_.view(size_.replicas, matrices, units);
  operations_->copy(weights.recurrent, through);
  run.weight = through.first;
  run.weight_replica = through.replica;
  run.shape.steps = 1;
  const int* const lengths = lengths_of_steps();
  std::vector<unsigned char> detached(size_.replicas);
  for (int step = extent_.steps - 1; step >= 0; --step) {
    for (int replica = 0; replica < size_.replicas; ++replica) {
      const unsigned char detaches = detachment_.steps[replica * extent_.steps + step];
      unsigned char& is_detached = detached[replica];
      if (detaches == is_detached) continue;
      const std::ptrdiff_t rows = detachment_.lanes * units;
      const View<Real> block = of_replica(through, replica).rows_from(0, rows);
      if (detaches) {
        operations_->clear(block);
      } else {
        operations_->copy(of_replica(weights.recurrent, replica).rows_from(0, rows), block);
      }
      is_detached = detaches;
    }
    LayerRun<Real> one = run;
    if (lengths) one.lengths = lengths + std::ptrdiff_t(step) * size_.replicas * extent_.batch;
    one.input = from_step(run.input, step);
    one.states = from_step(run.states, step);
    one.intermediates = from_step(run.intermediates, step);
    one.saved = from_step(run.saved, step);
    LayerGradient<Real> of_one = gradient;
    of_one.entering = from_step(gradient.entering, step);
    of_one.totals = from_step(gradient.totals, step);
    of_one.input = from_step(gradient.input, step);
    of_one.recurrent = from_step(gradient.recurrent, step);
    of_one.deep = from_step(gradient.deep, step);
    operations_->backward(one, of_one);
    if (cell_->unit > 0)
      operations_->sum_rows(matrix(unit_gradient_, extent_.batch, cell_->unit), unit_gradient, Result::added);
  }
}

template <class Real>
void Recurrence<Real>::keep_state_gradients() {
  const Extent largest = size_.largest;
  if (!totals_) {
    totals_ = Tensor<Real>(*backend_, {size_.replicas, std::ptrdiff_t(largest.steps + 1) * largest.batch,
                                       std::ptrdiff_t(cell_->state) * size_.units});
  }
}

template <class Real>
View<Real> Recurrence<Real>::state_gradients() {
  return matrix(totals_, rows() + extent_.batch, cell_->state);
}

template <class Real>
void Recurrence<Real>::backward(const CellWeights<const Real>& weights, std::span<const View<const Real>> sources,
                                const CellWeights<Real>& gradients, std::span<const View<Real>> source_gradients) {
  const int steps = extent_.steps, units = size_.units;
  const bool constant = mode_ == InputMode::constant;
  LayerGradient<Real> gradient;
  if (entering_used_) {
    const Lanes<Real> entering = lanes(entering_, cell_->state, steps);
    gradient.entering = {entering.first, entering.replica, entering.step, entering.sequence};
  }
  gradient.state = lanes(state_gradient_, cell_->state, 1);
  if (totals_) gradient.totals = lanes(totals_, cell_->state, steps + 1);
  gradient.input = lanes(input_gradient_, cell_->input, constant ? 1 : steps);
  if (!constant) gradient.input.step = std::ptrdiff_t(cell_->input) * units * extent_.batch;  // also for one step
  gradient.unit = lanes(unit_gradient_, cell_->unit, 1);
  gradient.recurrent = lanes(recurrent_gradient_, cell_->recurrent, steps);
  gradient.deep = lanes(deep_gradient_, cell_->deep, steps);
  const bool detaches = !detachment_.steps.empty();
  if (detaches) {
    backward_by_steps(run(weights), gradient, weights, gradients.unit);
  } else {
    operations_->backward(run(weights), gradient);
  }

  // Products over the whole trajectory: steps past a sequence's end hold zeros.
  const auto add_product = [&](View<const Real> a, View<const Real> b, View<Real> to) {
    operations_->product(a, Transposed::yes, b, Transposed::no, to, Result::added);
  };
  if (cell_->recurrent > 0) {
    const View<Real> read = matrix(states_, rows() + extent_.batch, cell_->state).rows_from(0, rows());
    add_product(matrix(recurrent_gradient_, rows(), cell_->recurrent), read.columns_from(0, units),
                gradients.recurrent.rows_from(0, std::ptrdiff_t(cell_->recurrent) * units));
  }
  if (cell_->deep > 0) {
    add_product(
        matrix(deep_gradient_, rows(), cell_->deep),
        matrix(intermediates_, rows(), cell_->intermediate).columns_from(0, units),
        gradients.recurrent.rows_from(std::ptrdiff_t(cell_->recurrent) * units, std::ptrdiff_t(cell_->deep) * units));
  }
  if (cell_->unit > 0 && !detaches)
    operations_->sum_rows(matrix(unit_gradient_, extent_.batch, cell_->unit), gradients.unit, Result::added);

  View<Real> input_gradient = matrix(input_gradient_, constant ? extent_.batch : rows(), cell_->input);
  if (constant) {
    const View<Real> sum = matrix(input_sum_, 1, cell_->input);
    operations_->sum_rows(input_gradient, sum, Result::replaced);
    input_gradient = sum;
  }
  operations_->sum_rows(input_gradient, gradients.bias, Result::added);
  std::ptrdiff_t column = 0;
  for (std::size_t s = 0; s < sources.size(); ++s) {
    const std::ptrdiff_t columns = sources[s].columns;
    add_product(input_gradient, sources[s], gradients.input.columns_from(column, columns));
    if (s < source_gradients.size() && source_gradients[s]) {
      operations_->product(input_gradient, Transposed::no, weights.input.columns_from(column, columns), Transposed::no,
                           source_gradients[s], Result::added);
    }
    column += columns;
  }
}

template class Recurrence<float>;
template class Recurrence<double>;

}  // namespace hysteron
