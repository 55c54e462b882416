#include <hysteron/recurrence.hpp>

namespace hysteron {

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

// kept_steps == 1 means a stride of zero: for a run of one step that is the same memory.
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
  operations_->backward(run(weights), gradient);

  // Products over the whole trajectory; steps past a sequence's end hold zeros.
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
  if (cell_->unit > 0)
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
