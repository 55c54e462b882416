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

namespace hysteron {
namespace {

int validation_count(const Sequences& train, double share) {
  return static_cast<int>(std::floor(static_cast<double>(train.count) * share));
}

}  // namespace

std::int64_t updates_in_epoch(const Sequences& train, double validation_share, int batch) {
  const int used = train.count - validation_count(train, validation_share);
  return (used + batch - 1) / batch;
}

template <class Real>
Trainer<Real>::Trainer(Model<Real>& model, const TaskData& data, std::span<const std::uint64_t> seeds,
                       TrainerOptions options, Journal& journal)
    : model_(&model),
      operations_(&operations_of<Real>(model.backend())),
      data_(&data),
      seeds_(seeds.begin(), seeds.end()),
      options_(std::move(options)),
      journal_(&journal),
      train_(slice(data.train, 0, data.train.count - validation_count(data.train, options_.validation_share))),
      valid_(slice(data.train, train_.count, data.train.count - train_.count)),
      epoch_updates_(updates_in_epoch(data.train, options_.validation_share, options_.batch)),
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
  for (int layer = 0; layer < model.shape().layers; ++layer)
    for (int part = 0; part < model.parts(); ++part) unrolled_.at(layer, part).keep_state_gradients();
}

template <class Real>
void Trainer<Real>::start() {
  optimization_.keep();
}

// Each replica's batch of its own shuffle; the last of an epoch may be smaller.
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

// Of the batch just run back, with the weights after `update` steps.
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
  const auto due = [&](std::int64_t every) { return every > 0 && update() % every == 0; };
  const std::int64_t validate_every = options_.validate_every > 0 ? options_.validate_every : epoch_updates_;
  if (update() == 0) {
    if (options_.vaa_every > 0) measure_vaa();
    validate();
  }
  while (update() < options_.updates && !optimization_.every_replica_failed()) {
    one_update();
    journal_->progress("training", update(), options_.updates, median(optimization_.loss()), "loss");
    const bool last = update() == options_.updates || optimization_.every_replica_failed();
    if (due(options_.vaa_every)) measure_vaa();
    if (due(validate_every) || last) {
      validate();
      if (options_.checkpoint_every == 0 && !last) checkpoint();
    }
    if (due(options_.checkpoint_every)) checkpoint();
    if (!last && stop_requested()) {
      checkpoint();
      return End::stopped;
    }
  }
  checkpoint();
  return End::finished;
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
