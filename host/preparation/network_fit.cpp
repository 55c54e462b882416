#include "preparation/network_fit.hpp"

#include <algorithm>
#include <numeric>

#include <hysteron/random.hpp>

#include "autoencoder/reversed_sequences.hpp"
#include "network/sequence_pass.hpp"
#include "preparation/draws.hpp"
#include "preparation/readout.hpp"

namespace hysteron {
namespace {

/// The sequences of the replica's owner that are used, in their order.
Sequences chosen(const Sequences& all, const FittedReplica& replica, const AutoencoderOptions& options,
                 Chance& chance) {
  const int usable = std::max(all.count - options.objective.validation, 1);
  std::vector<int> indices(usable);
  std::iota(indices.begin(), indices.end(), 0);
  if (options.samples > 0 && options.samples < usable) {
    Random random(replica.seed, Stream::autoencoder_sample);
    indices = random.permutation(usable);
    chance = Chance::drawn;
    indices.resize(options.samples);
    std::ranges::sort(indices);
  }
  const auto rows = [&](const auto& values, std::ptrdiff_t size) {
    std::decay_t<decltype(values)> kept;
    if (values.empty()) return kept;
    kept.reserve(indices.size() * size);
    for (const int n : indices) {
      const auto from = values.begin() + (std::ptrdiff_t(replica.owner) * all.count + n) * size;
      kept.insert(kept.end(), from, from + size);
    }
    return kept;
  };
  const auto size = [](int a, int b) { return std::ptrdiff_t(a) * b; };
  return {.count = static_cast<int>(indices.size()),
          .steps = all.steps,
          .features = all.features,
          .inputs = all.stored.empty() ? rows(all.inputs, size(all.steps, all.features)) : all.inputs,
          .exact_inputs = all.stored.empty() ? rows(all.exact_inputs, size(all.steps, all.features)) : all.exact_inputs,
          .stored = rows(all.stored, 1),
          .owners = 1,
          .black = all.black,
          .lengths = rows(all.lengths, 1),
          .target_steps = all.target_steps,
          .outputs = all.outputs,
          .targets = rows(all.targets, size(all.target_steps, all.outputs)),
          .exact_targets = rows(all.exact_targets, size(all.target_steps, all.outputs)),
          .labels = rows(all.labels, all.label_steps())};
}

template <class Real>
class NetworkFit {
 public:
  NetworkFit(Model<Real>& model, const Sequences& sequences, const FittedReplica& replica,
             const AutoencoderOptions& options, Journal& journal)
      : model_(&model), sequences_(&sequences), replica_(replica), options_(&options), journal_(&journal) {}

  Chance chance() const { return chance_; }

  void fit_layer(int layer) {
    const ModelShape& shape = model_->shape();
    const int features = model_->layer_inputs(layer), steps = longest_of(*sequences_);
    // A truncated window needs a Gram matrix of twice its lags.
    const bool whole = std::int64_t(steps) * features <= 4096;
    const int window = replica_.window > 0 || whole ? replica_.window : std::max(1, 2048 / features);
    const std::int64_t lags = window == 0 ? steps : std::min(window, steps);
    const int wanted = replica_.components == 0 ? shape.units : replica_.components;
    const int components = static_cast<int>(std::min<std::int64_t>(wanted, lags * features));
    const SolverKind kind = options_->solver.value_or(choose_solver(sequences_->count, steps, features, window).kind);
    const auto solver =
        make_solver(model_->backend(), kind, {.window = window, .components = components, .seed = replica_.seed});
    if (layer == 0)
      solver->add(*sequences_);
    else
      add_states(*solver, layer - 1);
    const LinearAutoencoderFit fit = solver->solve(components);
    if (fit.resolved < shape.units || kind == SolverKind::randomized) chance_ = Chance::drawn;
    if (fit.resolved < wanted)
      journal_->message("layer " + std::to_string(layer + 1) + ": " + std::to_string(fit.resolved) +
                        " components are all that the sequences have; the other units start as classic ones");
    journal_->event("autoencoder", {{"layer", layer},
                                    {"components", fit.resolved},
                                    {"window", fit.window},
                                    {"solver", fit.solver},
                                    {"sequences", fit.sequences},
                                    {"energy", fit.energy},
                                    {"norm", memory_norm(model_->backend(), fit.autoencoder)}});
    start_from_autoencoder(*model_, layer, leading(fit.autoencoder, fit.resolved), options_->layer);
  }

  void fit_readout() {
    const ModelShape& shape = model_->shape();
    const Sequences& s = *sequences_;
    if (shape.outputs == 0) return;
    if ((s.labels.empty() && s.targets.empty()) || s.outputs != shape.outputs) {
      journal_->message("the read-out starts as a classic one: the sequences have no answers of its size");
      chance_ = Chance::drawn;
      return;
    }
    LeastSquares squares(model_->backend(), shape.units, shape.outputs);
    SequencePass<Real> pass(*model_, s, {});
    std::vector<double> seen, seen_targets;  // the first, for the scale
    std::vector<int> seen_labels;
    pass.run([&](int first, const Batch<Real>& batch) {
      std::vector<double> rows, targets;
      std::vector<int> labels;
      const int count = batch.extent.batch, unread = batch.extent.steps - s.target_steps;
      const View<Real> read = pass.unrolled()
                                  .at(shape.layers - 1, 0)
                                  .outputs()
                                  .rows_from(std::ptrdiff_t(unread) * count, std::ptrdiff_t(s.target_steps) * count);
      for_each_row(model_->backend(), read, [&](int, std::ptrdiff_t row, std::span<const Real> values) {
        const int step = static_cast<int>(row / count), sequence = first + static_cast<int>(row % count);
        if (s.target_steps > 1 && unread + step >= length_of(s, sequence)) return;
        if (!s.labels.empty() && label_at(sequence, step) < 0) return;
        rows.insert(rows.end(), values.begin(), values.end());
        add_target(sequence, step, targets, labels);
      });
      constexpr std::size_t most_seen = 8192;
      if (seen_targets.size() < most_seen * shape.outputs) {
        seen.insert(seen.end(), rows.begin(), rows.end());
        seen_targets.insert(seen_targets.end(), targets.begin(), targets.end());
        seen_labels.insert(seen_labels.end(), labels.begin(), labels.end());
      }
      squares.add(rows, targets);
    });
    LinearReadout readout = squares.solve(options_->ridge);
    if (options_->objective.loss == LossKind::cross_entropy)
      readout.scale(softmax_scale(readout.apply(seen), shape.outputs, seen_labels));
    if (options_->objective.loss == LossKind::binary_cross_entropy) calibrate(readout, seen, seen_targets);
    Parameters<Real>& parameters = model_->parameters();
    set_parameter(*model_, 0, parameters.slice(Role::readout_weight), readout.weight);
    set_parameter(*model_, 0, parameters.slice(Role::readout_bias), readout.bias);
  }

 private:
  // The states of a layer are themselves sequences.
  void add_states(LinearAutoencoderSolver& solver, int layer) {
    const std::ptrdiff_t steps = sequences_->total_steps(), units = model_->shape().units;
    SequencePass<Real> pass(*model_, *sequences_, {});
    pass.run([&](int first, const Batch<Real>& batch) {
      const std::ptrdiff_t count = batch.extent.batch;
      Sequences states;
      states.count = batch.extent.batch, states.steps = batch.extent.steps, states.features = model_->shape().units;
      states.inputs.resize(count * steps * units);
      for_each_row(model_->backend(), pass.unrolled().at(layer, 0).outputs(),
                   [&](int, std::ptrdiff_t row, std::span<const Real> values) {
                     const std::ptrdiff_t step = row / count, sequence = row % count;
                     std::transform(values.begin(), values.end(),
                                    states.inputs.begin() + (sequence * steps + step) * units,
                                    [](Real value) { return static_cast<float>(value); });
                   });
      for (int n = 0; n < states.count; ++n) states.lengths.push_back(length_of(*sequences_, first + n));
      solver.add(states);
    });
  }

  // Calibrates each output on its own, since most are rarely 1.
  static void calibrate(LinearReadout& readout, const std::vector<double>& rows, const std::vector<double>& targets) {
    const std::vector<double> all = readout.apply(rows);
    const std::size_t outputs = readout.outputs, count = all.size() / outputs;
    for (std::size_t c = 0; c < outputs; ++c) {
      std::vector<double> scores(count), ones(count);
      for (std::size_t i = 0; i < count; ++i) {
        scores[i] = all[i * outputs + c];
        ones[i] = targets[i * outputs + c];
      }
      readout.calibrate(static_cast<int>(c), logistic_calibration(scores, ones));
    }
  }

  int label_at(int sequence, int step) const {
    const std::ptrdiff_t steps = sequences_->label_steps();
    return sequences_->labels[static_cast<std::size_t>(sequence * steps + (steps > 1 ? step : 0))];
  }

  // A label becomes one-hot; a target stays as it is.
  void add_target(int sequence, int step, std::vector<double>& targets, std::vector<int>& labels) const {
    const std::size_t n = sequence, outputs = sequences_->outputs;
    if (!sequences_->labels.empty()) {
      const int label = label_at(sequence, step);
      for (std::size_t c = 0; c < outputs; ++c) targets.push_back(std::size_t(label) == c ? 1 : 0);
      labels.push_back(label);
      return;
    }
    const std::size_t at = (n * sequences_->target_steps + step) * outputs;
    const InputValues values(sequences_->targets.data(),
                             sequences_->exact_targets.empty() ? nullptr : sequences_->exact_targets.data());
    for (std::size_t c = 0; c < outputs; ++c) targets.push_back(values[at + c]);
  }

  Model<Real>* model_;
  const Sequences* sequences_;
  FittedReplica replica_;
  const AutoencoderOptions* options_;
  Journal* journal_;
  Chance chance_ = Chance::none;
};

}  // namespace

template <class Real>
Chance fit_network(Model<Real>& model, const Sequences& sequences, const FittedReplica& replica,
                   const AutoencoderOptions& options, Journal& journal) {
  draw_classic(model, std::span(&replica.seed, 1));
  Chance chance = Chance::none;
  const Sequences seen = chosen(sequences, replica, options, chance);
  NetworkFit<Real> fit(model, seen, replica, options, journal);
  for (int layer = 0; layer < model.shape().layers; ++layer)
    doing("fitting the linear autoencoder of layer " + std::to_string(layer + 1), [&] { fit.fit_layer(layer); });
  doing("fitting the read-out", [&] { fit.fit_readout(); });
  return chance == Chance::drawn ? chance : fit.chance();
}

template Chance fit_network(Model<float>&, const Sequences&, const FittedReplica&, const AutoencoderOptions&, Journal&);
template Chance fit_network(Model<double>&, const Sequences&, const FittedReplica&, const AutoencoderOptions&,
                            Journal&);

}  // namespace hysteron
