#include <algorithm>
#include <cstddef>

#include <hysteron/trainer.hpp>

namespace hysteron {
namespace {

// How many sequences fit a budget of memory for the widest trajectories, at most 256 and at least 1.
template <class Real>
int evaluation_batch(Model<Real>& model, const Sequences& sequences) {
  constexpr std::ptrdiff_t budget = std::ptrdiff_t{1} << 29;  // bytes
  const ModelShape& shape = model.shape();
  const std::ptrdiff_t widths = shape.cell->input + shape.cell->state;
  const std::ptrdiff_t sequence = std::ptrdiff_t(model.replicas()) * sequences.total_steps() *
                                  (shape.layers * shape.units * widths + shape.inputs) * std::ptrdiff_t(sizeof(Real));
  return static_cast<int>(std::clamp<std::ptrdiff_t>(budget / sequence, 1, std::min(256, sequences.count)));
}

// How many rows of the read-out count in a batch of these sequences.
double counted_rows(const Sequences& sequences, int read_steps, int first, int count) {
  if (sequences.lengths.empty() || read_steps == 1) return static_cast<double>(read_steps) * count;
  double rows = 0;
  for (int n = first; n < first + count; ++n)
    rows += std::clamp(sequences.lengths[static_cast<std::size_t>(n)] - (sequences.total_steps() - read_steps), 0,
                       read_steps);
  return rows;
}

}  // namespace

template <class Real>
Evaluation evaluate(Model<Real>& model, const Sequences& sequences, LossKind loss, int read_steps) {
  const int replicas = model.replicas(), largest = evaluation_batch(model, sequences);
  Operations<Real>& operations = operations_of<Real>(model.backend());
  Batches<Real> batches(model.backend(), sequences, replicas, largest);
  Unrolled<Real> unrolled(model, {sequences.total_steps(), largest}, read_steps, Keep::states);
  Tensor<double> mean(model.backend(), {replicas}), share(model.backend(), {replicas}),
      counted(model.backend(), {replicas});
  const std::vector<double> zeros(static_cast<std::size_t>(replicas));
  Evaluation evaluation{.loss = zeros, .accuracy = {}};
  std::vector<double> right = zeros, answers = zeros;
  double rows = 0;
  for (int first = 0; first < sequences.count; first += largest) {
    const int count = std::min(largest, sequences.count - first);
    std::vector<int> indices;
    for (int replica = 0; replica < replicas; ++replica)
      for (int n = first; n < first + count; ++n) indices.push_back(n);
    const Batch<Real> batch = batches.gather(indices);
    unrolled.forward(batch.inputs, batch.extent, batch.lengths);
    LossRun<Real> run = loss_run(loss, batch, unrolled, View<Real>(), mean.data(), nullptr);
    if (loss != LossKind::mse) run.accuracy = share.data(), run.answers = counted.data();
    operations.loss(run);
    const double weight = counted_rows(sequences, read_steps, first, count);
    const std::vector<double> losses = mean.to_host(), shares = share.to_host(), counts = counted.to_host();
    for (std::size_t r = 0; r < zeros.size(); ++r) {
      evaluation.loss[r] += losses[r] * weight;
      right[r] += shares[r] * counts[r];
      answers[r] += counts[r];
    }
    rows += weight;
  }
  for (double& value : evaluation.loss) value /= rows;
  if (loss == LossKind::mse) return evaluation;
  for (std::size_t r = 0; r < right.size(); ++r)
    evaluation.accuracy.push_back(answers[r] > 0 ? right[r] / answers[r] : 0);
  return evaluation;
}

template Evaluation evaluate(Model<float>&, const Sequences&, LossKind, int);
template Evaluation evaluate(Model<double>&, const Sequences&, LossKind, int);

}  // namespace hysteron
