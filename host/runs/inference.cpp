#include "runs/inference.hpp"

#include <algorithm>
#include <numeric>

#include <hysteron/batches.hpp>
#include <hysteron/unrolled.hpp>

namespace hysteron {
namespace {

// How many sequences fit a budget of memory for their trajectories: one at least.
template <class Real>
int slice_size(const Model<Real>& model, const Sequences& sequences, std::ptrdiff_t budget) {
  const ModelShape& shape = model.shape();
  const std::ptrdiff_t widths = shape.cell->input + shape.cell->state + 1;
  const std::ptrdiff_t step = shape.layers * shape.units * widths + shape.inputs + shape.outputs;
  const std::ptrdiff_t fits = budget / (sequences.steps * step * std::ptrdiff_t(sizeof(Real)));
  return static_cast<int>(std::clamp<std::ptrdiff_t>(fits, 1, sequences.count));
}

// The top layer's outputs [steps * batch, units], its parts side by side.
template <class Real>
View<Real> top_outputs(Model<Real>& model, Unrolled<Real>& unrolled, Tensor<Real>& to) {
  const std::ptrdiff_t rows = std::ptrdiff_t(unrolled.extent().steps) * unrolled.extent().batch;
  const View<Real> all = to.view(1, rows, model.shape().units);
  for (int part = 0; part < model.parts(); ++part)
    operations_of<Real>(model.backend())
        .copy(unrolled.at(model.shape().layers - 1, part).outputs(),
              all.columns_from(std::ptrdiff_t(part) * model.part_units(), model.part_units()));
  return all;
}

}  // namespace

template <class Real>
Inference<Real> infer(Model<Real>& model, const Sequences& sequences, const std::vector<Real>& initial,
                      std::ptrdiff_t budget) {
  Backend& backend = model.backend();
  const int steps = sequences.steps, largest = slice_size(model, sequences, budget);
  const bool reads_out = model.shape().outputs > 0;
  Batches<Real> batches(backend, sequences, 1, largest);
  Unrolled<Real> unrolled(model, {steps, largest}, steps, Keep::states);
  Inference<Real> result;
  result.width = reads_out ? model.shape().outputs : model.shape().units;
  result.states_width = unrolled.states_width();
  const std::ptrdiff_t width = result.width, states_width = result.states_width, count = sequences.count;
  result.outputs.resize(static_cast<std::size_t>(steps * count * width));
  result.states.resize(static_cast<std::size_t>(count * states_width));
  Tensor<Real> top, first;
  if (!reads_out) top = Tensor<Real>(backend, {std::ptrdiff_t(steps) * largest, width});
  if (!initial.empty()) first = Tensor<Real>(backend, {largest, states_width});

  std::vector<Real> rows;
  for (int from = 0; from < sequences.count; from += largest) {
    const int batch = std::min(largest, sequences.count - from);
    std::vector<int> indices(static_cast<std::size_t>(batch));
    std::iota(indices.begin(), indices.end(), from);
    const Batch<Real> gathered = batches.gather(indices);
    View<const Real> start;
    if (!initial.empty()) {
      backend.copy_in(first.data(), initial.data() + from * states_width,
                      static_cast<std::size_t>(batch * states_width) * sizeof(Real));
      start = first.view(1, batch, states_width);
    }
    unrolled.forward(gathered.inputs, gathered.extent, gathered.lengths, start);
    const View<Real> outputs = reads_out ? unrolled.outputs() : top_outputs(model, unrolled, top);
    rows.resize(static_cast<std::size_t>(outputs.rows * width));
    backend.copy_out(rows.data(), outputs.first, rows.size() * sizeof(Real));
    for (std::ptrdiff_t step = 0; step < steps; ++step)
      std::copy_n(rows.begin() + step * batch * width, batch * width,
                  result.outputs.begin() + (step * count + from) * width);
    backend.copy_out(result.states.data() + from * states_width, unrolled.last_states().first,
                     static_cast<std::size_t>(batch * states_width) * sizeof(Real));
  }
  return result;
}

template Inference<float> infer(Model<float>&, const Sequences&, const std::vector<float>&, std::ptrdiff_t);
template Inference<double> infer(Model<double>&, const Sequences&, const std::vector<double>&, std::ptrdiff_t);

}  // namespace hysteron
