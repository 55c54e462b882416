#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include <hysteron/memory_capacity.hpp>
#include <hysteron/random.hpp>

#include "autoencoder/reversed_sequences.hpp"
#include "network/sequence_pass.hpp"

namespace hysteron {
namespace {

// A stream of draws for each sequence of each replica.
class Noise {
 public:
  Noise(std::span<const int> sequences, std::span<const double> deviation, std::uint64_t seed)
      : deviation_(deviation.begin(), deviation.end()) {
    for (std::size_t r = 0; r < deviation.size(); ++r)
      for (const int sequence : sequences)
        random_.emplace_back(seed + r, Stream::state_noise, static_cast<std::uint64_t>(sequence));
  }
  explicit operator bool() const { return !deviation_.empty(); }
  /// states [replicas, sequences, width]
  void add_to(std::span<double> states) {
    const std::size_t width = states.size() / random_.size(), sequences = random_.size() / deviation_.size();
    for (std::size_t row = 0; row < random_.size(); ++row)
      for (std::size_t i = 0; i < width; ++i)
        states[row * width + i] += deviation_[row / sequences] * random_[row].normal();
  }

 private:
  std::vector<double> deviation_;
  std::vector<Random> random_;
};

template <class Real>
class NetworkStates final : public StateSource {
 public:
  NetworkStates(Model<Real>& model, const Sequences& sequences) : model_(&model), pass_(model, sequences, {}) {}

  int replicas() const override { return model_->replicas(); }
  int width() const override { return model_->states_width(); }
  int largest() const override { return pass_.largest(); }

  void run(std::span<const int> sequences, std::span<const double> deviation, std::uint64_t seed,
           const Visit& visit) override {
    const Batch<Real> batch = pass_.gather(sequences);
    if (deviation.empty())
      run_whole(batch, visit);
    else
      run_stepwise(batch, Noise(sequences, deviation, seed), visit);
  }

 private:
  // Without lengths: the runs continue past a sequence's end.
  void run_whole(const Batch<Real>& batch, const Visit& visit) {
    pass_.unrolled().forward(batch.inputs, batch.extent, nullptr);
    const std::ptrdiff_t count = batch.extent.batch;
    std::vector<double> states(replicas() * count * width());
    for (int step = 0; step < batch.extent.steps; ++step) {
      for (const auto [layer, part] : model_->every_part()) {
        const std::ptrdiff_t column = model_->state_column(layer, part);
        for_each_row(model_->backend(), pass_.unrolled().at(layer, part).states().rows_from(step * count, count),
                     [&, column](int replica, std::ptrdiff_t row, std::span<const Real> values) {
                       std::copy(values.begin(), values.end(),
                                 states.begin() + (replica * count + row) * width() + column);
                     });
      }
      visit(step, states);
    }
  }

  // One step at a time, since noise is added in between.
  void run_stepwise(const Batch<Real>& batch, Noise noise, const Visit& visit) {
    if (!stepwise_) stepwise_.emplace(*model_, Extent{1, largest()}, 1, Keep::states);
    const int count = batch.extent.batch;
    std::vector<double> states(std::ptrdiff_t(replicas()) * count * width());
    std::vector<Real> values(states.size());
    View<const Real> before;
    for (int step = 0; step < batch.extent.steps; ++step) {
      stepwise_->forward(batch.inputs.rows_from(std::ptrdiff_t(step) * count, count), {1, count}, nullptr, before);
      const View<Real> after = stepwise_->last_states();
      model_->backend().copy_out(values.data(), after.first, values.size() * sizeof(Real));
      std::copy(values.begin(), values.end(), states.begin());
      noise.add_to(states);
      std::transform(states.begin(), states.end(), values.begin(), [](double value) { return Real(value); });
      model_->backend().copy_in(after.first, values.data(), values.size() * sizeof(Real));
      before = after;
      visit(step, states);
    }
  }

  Model<Real>* model_;
  SequencePass<Real> pass_;
  std::optional<Unrolled<Real>> stepwise_;  // made when needed
};

class AutoencoderStates final : public StateSource {
 public:
  AutoencoderStates(Backend& backend, const LinearAutoencoder& autoencoder, const Sequences& sequences)
      : backend_(&backend),
        autoencoder_(&autoencoder),
        sequences_(&sequences),
        largest_(std::clamp(sequences.count, 1, 256)),
        a_(backend, {autoencoder.components, autoencoder.features}),
        b_(backend, {autoencoder.components, autoencoder.components}),
        inputs_(backend, {largest_, autoencoder.features}),
        states_(backend, {2, largest_, autoencoder.components}) {
    if (sequences.features != autoencoder.features)
      throw data_error({.what = "the sequences do not fit the linear autoencoder",
                        .expected = fmt::format("{} features", autoencoder.features),
                        .found = std::to_string(sequences.features)});
    a_.from_host(autoencoder.input_weight);
    b_.from_host(autoencoder.memory_weight);
  }

  int replicas() const override { return 1; }
  int width() const override { return autoencoder_->components; }
  int largest() const override { return largest_; }

  void run(std::span<const int> sequences, std::span<const double> deviation, std::uint64_t seed,
           const Visit& visit) override {
    Operations<double>& operations = operations_of<double>(*backend_);
    const auto count = static_cast<std::ptrdiff_t>(sequences.size());
    const View<double> inputs = inputs_.view(1, count, sequences_->features);
    const View<double> a = a_.view(1, width(), sequences_->features), b = b_.view(1, width(), width());
    View<double> before = states_.view(1, count, width()), after = before;
    after.first += std::ptrdiff_t(largest_) * width();
    Noise noise(sequences, deviation, seed);
    std::vector<double> rows, states(count * width());
    operations.clear(before);
    for (int step = 0; step < sequences_->total_steps(); ++step) {
      centered_inputs(sequences, step, rows);
      backend_->copy_in(inputs.first, rows.data(), rows.size() * sizeof(double));
      operations.product(inputs, Transposed::no, a, Transposed::yes, after, Result::replaced);
      operations.product(before, Transposed::no, b, Transposed::yes, after, Result::added);
      backend_->copy_out(states.data(), after.first, states.size() * sizeof(double));
      if (noise) {
        noise.add_to(states);
        backend_->copy_in(after.first, states.data(), states.size() * sizeof(double));
      }
      std::swap(before, after);
      visit(step, states);
    }
  }

 private:
  // The inputs of one step [sequences, features] minus the mean; a black step is an input of zeros.
  void centered_inputs(std::span<const int> sequences, int step, std::vector<double>& rows) const {
    rows.clear();
    for (const int sequence : sequences)
      for (std::size_t i = 0; i < autoencoder_->mean.size(); ++i) {
        const std::size_t at = step * autoencoder_->mean.size() + i;
        const double input = step < sequences_->steps ? inputs_of(*sequences_, sequence)[at] : 0.0;
        rows.push_back(input - autoencoder_->mean[i]);
      }
  }

  Backend* backend_;
  const LinearAutoencoder* autoencoder_;
  const Sequences* sequences_;
  int largest_;
  Tensor<double> a_, b_;            // [components, features], [components, components]
  Tensor<double> inputs_, states_;  // [sequences, features], two of [sequences, components]
};

}  // namespace

template <class Real>
std::unique_ptr<StateSource> network_states(Model<Real>& model, const Sequences& sequences) {
  return std::make_unique<NetworkStates<Real>>(model, sequences);
}

template std::unique_ptr<StateSource> network_states(Model<float>&, const Sequences&);
template std::unique_ptr<StateSource> network_states(Model<double>&, const Sequences&);

std::unique_ptr<StateSource> autoencoder_states(Backend& backend, const LinearAutoencoder& autoencoder,
                                                const Sequences& sequences) {
  return std::make_unique<AutoencoderStates>(backend, autoencoder, sequences);
}

}  // namespace hysteron
