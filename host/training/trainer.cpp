#include <algorithm>
#include <cmath>
#include <limits>

#include <hysteron/loss_run.hpp>
#include <hysteron/random.hpp>
#include <hysteron/trainer.hpp>

#include "foundation/statistics.hpp"
#include "memory/gradient_flow.hpp"
#include "training/gradient_detaching.hpp"
#include "training/labels.hpp"
#include "training/orthogonal_penalty.hpp"
#include "training/training_loop.hpp"

namespace hysteron {
namespace {

int trained_on(const TaskData& data, const TrainerOptions& options) {
  const int all = data.train.count, validation = options.validation.value_or(validation_count(data));
  if (validation < 0 || validation >= all)
    throw usage_error({.what = "the sequences for validation leave none to train on",
                       .expected = "0 to " + std::to_string(all - 1) + " of " + std::to_string(all) + " sequences",
                       .found = std::to_string(validation)});
  return all - validation;
}

}  // namespace

int validation_count(const TaskData& data, std::optional<double> share) {
  if (!share && data.validation) return *data.validation;
  return static_cast<int>(std::floor(data.train.count * share.value_or(0.2)));
}

std::int64_t updates_in_epoch(int sequences, int batch) { return (std::int64_t(sequences) + batch - 1) / batch; }

template <class Real>
Trainer<Real>::Trainer(Model<Real>& model, const TaskData& data, std::span<const std::uint64_t> seeds,
                       TrainerOptions options, Journal& journal)
    : model_(&model),
      operations_(&operations_of<Real>(model.backend())),
      data_(&data),
      seeds_(seeds.begin(), seeds.end()),
      options_(std::move(options)),
      journal_(&journal),
      train_(slice(data.train, 0, trained_on(data, options_))),
      valid_(slice(data.train, train_.count, data.train.count - train_.count)),
      epoch_updates_(updates_in_epoch(train_.count, options_.batch)),
      batches_(model.backend(), train_, model.replicas(), std::min(options_.batch, train_.count)),
      unrolled_(model, {train_.total_steps(), std::min(options_.batch, train_.count)}, data.read_steps,
                Keep::trajectory),
      optimization_(model, options_.learning_rates, options_.adam, journal),
      drawn_from_(model.backend(), {model.replicas()}),
      orders_(model.backend(), {model.replicas(), train_.count}),
      best_loss_(seeds.size(), std::numeric_limits<double>::infinity()),
      best_update_(seeds.size()) {
  require_labels(data.train, model.shape().outputs);
  drawn_from_.from_host(seeds_);
  if (options_.orthogonal_penalty > 0)
    penalty_ = std::make_shared<OrthogonalPenalty<Real>>(model, options_.orthogonal_penalty);
  if (options_.detach_probability > 0)
    detaching_ = std::make_shared<GradientDetaching<Real>>(model.shape(), options_.detach_probability);
  if (options_.compat == Compat::authors) {  // refused now, not after hours of training
    if (valid_.count > 0) averaging().whole_batches(valid_);
    if (data.test.count > 0) averaging().whole_batches(data.test);
  }
  if (options_.gradient_every == 0) return;
  for (const auto [layer, part] : model.every_part()) unrolled_.at(layer, part).keep_state_gradients();
}

template <class Real>
void Trainer<Real>::start() {
  optimization_.keep();
}

// The next batch of each replica's own shuffle; the last batch of an epoch may be smaller.
template <class Real>
Batch<Real> Trainer<Real>::next_batch() {
  const std::int64_t epoch = update() / epoch_updates_, first = update() % epoch_updates_ * options_.batch;
  if (epoch != shuffled_epoch_) {
    operations_->shuffle({.seeds = drawn_from_.data(),
                          .replicas = model_->replicas(),
                          .count = train_.count,
                          .epoch = static_cast<std::uint64_t>(epoch),
                          .orders = orders_.data()});
    shuffled_epoch_ = epoch;
  }
  const std::int64_t last = std::min<std::int64_t>(first + options_.batch, train_.count);
  return batches_.gather(orders_.data() + first, train_.count, static_cast<int>(last - first));
}

template <class Real>
void Trainer<Real>::one_update() {
  const Batch<Real> batch = next_batch();
  operations_->clear(model_->parameters().gradients());
  unrolled_.forward(batch.inputs, batch.extent, batch.lengths);
  unrolled_.clear_gradients();
  operations_->loss(
      loss_run(data_->loss, batch, unrolled_, unrolled_.output_gradient(), optimization_.losses().data(), nullptr));
  if (detaching_) detaching_->draw(unrolled_, seeds_, update());
  unrolled_.backward(Unrolled<Real>::Readout::used);
  if (penalty_) penalty_->add_gradient();
  if (options_.gradient_every > 0 && update() % options_.gradient_every == 0) record_gradient();
  optimization_.step(unrolled_);
}

// Without validation sequences the last weights are the best.
template <class Real>
void Trainer<Real>::validate() {
  Evaluation valid;
  if (valid_.count > 0) valid = evaluated_on(valid_);
  optimization_.finish_mean();
  for (std::size_t r = 0; r < seeds_.size(); ++r) {
    if (failures()[r] || (valid_.count > 0 && !(valid.loss[r] < best_loss_[r]))) continue;
    if (valid_.count > 0) best_loss_[r] = valid.loss[r];
    best_update_[r] = update();
    optimization_.keep(r);
  }
  journal_->event("validated", {{"update", update()},
                                {"updates", options_.updates},
                                {"train_loss", train_loss()},
                                {"valid_loss", valid.loss},
                                {"valid_accuracy", valid.accuracy}});
}

template <class Real>
void Trainer<Real>::measure_vaa() {
  const Multistability measured = measure_multistability(*model_, train_, seeds_, options_.measure);
  journal_->event("measured", {{"update", update()}, {"vaa", measured.vaa}, {"vaa_star", measured.vaa_star}});
}

// The gradient of the batch that has just run backward, with the weights after `update` steps.
template <class Real>
void Trainer<Real>::record_gradient() {
  const auto norms = state_gradient_norms(*model_, unrolled_);
  for (std::size_t replica = 0; replica < norms.size(); ++replica)
    for (std::size_t layer = 0; layer < norms[replica].size(); ++layer)
      journal_->event(
          "gradient",
          {{"update", update()}, {"replica", replica}, {"layer", layer}, {"state_grad_norm", norms[replica][layer]}});
}

template <class Real>
typename Trainer<Real>::End Trainer<Real>::run(const std::function<bool()>& stop_requested,
                                               const std::function<void()>& checkpoint) {
  const TrainingRhythm rhythm{.rounds = options_.updates,
                              .evaluate_every = options_.validate_every > 0 ? options_.validate_every : epoch_updates_,
                              .vaa_every = options_.vaa_every,
                              .checkpoint_every = options_.checkpoint_every};
  const auto progress = [&] {
    journal_->progress("training", update(), options_.updates, median(optimization_.loss()), "loss");
  };
  return run_training(rhythm,
                      {.done = [&] { return update(); },
                       .every_replica_failed = [&] { return optimization_.every_replica_failed(); },
                       .round = [&] { one_update(); },
                       .evaluate = [&] { validate(); },
                       .measure_vaa = [&] { measure_vaa(); },
                       .tell_progress = progress},
                      stop_requested, checkpoint);
}

template <class Real>
Evaluation Trainer<Real>::evaluated_on(const Sequences& sequences) {
  return evaluate(*model_, sequences, data_->loss, data_->read_steps, averaging());
}

template <class Real>
TrainerState<Real> Trainer<Real>::state() {
  return {optimization_.state(), best_loss_, best_update_};
}

template <class Real>
void Trainer<Real>::restore(const TrainerState<Real>& state) {
  optimization_.restore(state);
  best_loss_ = state.best_loss;
  best_update_ = state.best_update;
}

template class Trainer<float>;
template class Trainer<double>;

}  // namespace hysteron
