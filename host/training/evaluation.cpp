#include <algorithm>
#include <cstddef>
#include <limits>

#include <hysteron/evaluation.hpp>
#include <hysteron/loss_run.hpp>

#include "network/sequence_pass.hpp"
#include "training/labels.hpp"

namespace hysteron {
namespace {

// How many rows of the read-out count in a batch of these sequences.
double counted_rows(const Sequences& sequences, int read_steps, int first, int count) {
  const int label_steps = sequences.label_steps();
  double rows = 0;
  for (int n = first; n < first + count; ++n) {
    const int counted = sequences.lengths.empty() || read_steps == 1
                            ? read_steps
                            : std::clamp(sequences.lengths[n] - (sequences.total_steps() - read_steps), 0, read_steps);
    const auto labels = sequences.labels.begin() + std::ptrdiff_t(n) * label_steps;
    if (label_steps > 1) {
      rows += counted - static_cast<double>(std::count(labels, labels + counted, ignored_label));
    } else if (label_steps == 0 || *labels != ignored_label) {
      rows += counted;
    }
  }
  return rows;
}

}  // namespace

int Averaging::whole_batches(const Sequences& sequences) const {
  if (sequences.count >= batch) return sequences.count / batch;
  throw usage_error(
      {.what = "compat = \"authors\" divides by the number of whole batches to evaluate, and there is none",
       .expected = std::to_string(batch) + " sequences or more (train.batch) to validate on and to test on",
       .found = std::to_string(sequences.count),
       .hint = "--set train.batch=" + std::to_string(sequences.count) + ", or --set compat=fixed"});
}

template <class Real>
Evaluation evaluate(Model<Real>& model, const Sequences& sequences, LossKind loss, int read_steps,
                    Averaging averaging) {
  require_labels(sequences, model.shape().outputs);
  const bool authors = averaging.compat == Compat::authors;
  const double whole_batches = authors ? averaging.whole_batches(sequences) : 0;
  const int replicas = model.replicas();
  Operations<Real>& operations = operations_of<Real>(model.backend());
  // The last bits of the sums below depend on the batches.
  constexpr std::ptrdiff_t budget = std::ptrdiff_t{1} << 29, any = std::numeric_limits<std::ptrdiff_t>::max();
  SequencePass<Real> pass(
      model, sequences,
      {.budget = authors ? any : budget, .most = authors ? averaging.batch : 256, .read_steps = read_steps});
  Tensor<double> mean(model.backend(), {replicas}), share(model.backend(), {replicas}),
      counted(model.backend(), {replicas});
  const std::vector<double> zeros(replicas);
  Evaluation evaluation{.loss = zeros, .accuracy = {}};
  std::vector<double> right = zeros, answers = zeros;
  double rows = 0;
  pass.run([&](int first, const Batch<Real>& batch) {
    LossRun<Real> run = loss_run(loss, batch, pass.unrolled(), View<Real>(), mean.data(), nullptr);
    if (loss != LossKind::mse) run.accuracy = share.data(), run.answers = counted.data();
    operations.loss(run);
    const double weight = authors ? 1 : counted_rows(sequences, read_steps, first, batch.extent.batch);
    const std::vector<double> losses = mean.to_host(), shares = share.to_host(), counts = counted.to_host();
    for (std::size_t r = 0; r < zeros.size(); ++r) {
      evaluation.loss[r] += losses[r] * weight;
      right[r] += shares[r] * (authors ? 1 : counts[r]);
      answers[r] += counts[r];
    }
    rows += weight;
  });
  if (authors) rows = whole_batches, answers.assign(answers.size(), whole_batches);
  for (double& value : evaluation.loss) value /= rows;
  if (loss == LossKind::mse) return evaluation;
  for (std::size_t r = 0; r < right.size(); ++r)
    evaluation.accuracy.push_back(answers[r] > 0 ? right[r] / answers[r] : 0);
  return evaluation;
}

template Evaluation evaluate(Model<float>&, const Sequences&, LossKind, int, Averaging);
template Evaluation evaluate(Model<double>&, const Sequences&, LossKind, int, Averaging);

}  // namespace hysteron
