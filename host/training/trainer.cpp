#include <algorithm>
#include <cmath>
#include <limits>

#include <hysteron/random.hpp>
#include <hysteron/trainer.hpp>

#include "analysis/statistics.hpp"

namespace hysteron {
namespace {

int validation_count(const Sequences& train, double share) {
  return static_cast<int>(std::floor(static_cast<double>(train.count) * share));
}

// The first row of [rows, columns] that holds a number that is not finite; -1: there is none.
template <class Real>
std::ptrdiff_t first_row_not_finite(Backend& backend, View<Real> matrix, int replica) {
  std::vector<Real> row(static_cast<std::size_t>(matrix.columns));
  for (std::ptrdiff_t i = 0; i < matrix.rows; ++i) {
    backend.copy_out(row.data(), matrix.at(replica, i), row.size() * sizeof(Real));
    if (!std::all_of(row.begin(), row.end(), [](Real value) { return std::isfinite(value); })) return i;
  }
  return -1;
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
      adam_(model.backend(), model.parameters(), options_.learning_rates, options_.adam),
      loss_(model.backend(), {model.replicas()}),
      best_(model.backend(), {model.replicas(), model.parameters().size()}),
      orders_(seeds.size()),
      loss_sum_(seeds.size()),
      train_loss_(seeds.size(), std::numeric_limits<double>::quiet_NaN()),
      best_loss_(seeds.size(), std::numeric_limits<double>::infinity()),
      best_update_(seeds.size()),
      failures_(seeds.size()) {}

template <class Real>
void Trainer<Real>::start() {
  best_.copy_from(model_->parameters().block());
}

// Each replica's batch of its own shuffle; the last of an epoch may be smaller.
template <class Real>
std::vector<int> Trainer<Real>::batch_indices() {
  const std::int64_t epoch = update_ / epoch_updates_, first = update_ % epoch_updates_ * options_.batch;
  if (epoch != shuffled_epoch_) {
    for (std::size_t r = 0; r < seeds_.size(); ++r)
      orders_[r] = Random(seeds_[r], Stream::shuffle, static_cast<std::uint64_t>(epoch)).permutation(train_.count);
    shuffled_epoch_ = epoch;
  }
  const std::int64_t last = std::min<std::int64_t>(first + options_.batch, train_.count);
  std::vector<int> indices;
  for (const std::vector<int>& order : orders_)
    indices.insert(indices.end(), order.begin() + first, order.begin() + last);
  return indices;
}

template <class Real>
void Trainer<Real>::one_update() {
  const Batch<Real> batch = batches_.gather(batch_indices());
  operations_->clear(model_->parameters().gradients());
  unrolled_.forward(batch.inputs, batch.extent, batch.lengths);
  unrolled_.clear_gradients();
  operations_->loss(loss_run(data_->loss, batch, unrolled_, unrolled_.output_gradient(), loss_.data(), nullptr));
  unrolled_.backward(Unrolled<Real>::Readout::used);
  ++update_;
  ++summed_;

  const std::vector<double> loss = loss_.to_host();
  std::vector<unsigned char> active(seeds_.size());
  for (std::size_t r = 0; r < active.size(); ++r) active[r] = !failures_[r] && std::isfinite(loss[r]);
  const std::vector<double>& norm = adam_.step(active);
  for (std::size_t r = 0; r < active.size(); ++r) {
    if (!failures_[r] && !(active[r] && std::isfinite(norm[r])))
      fail(static_cast<int>(r), where_not_finite(static_cast<int>(r)));
    loss_sum_[r] += loss[r];
  }
}

template <class Real>
std::string Trainer<Real>::where_not_finite(int replica) {
  for (int layer = 0; layer < model_->shape().layers; ++layer) {
    for (int part = 0; part < model_->parts(); ++part) {
      const std::ptrdiff_t row = first_row_not_finite(model_->backend(), unrolled_.at(layer, part).states(), replica);
      if (row >= 0)
        return "the states of layer " + std::to_string(layer) + " at step " +
               std::to_string(row / unrolled_.extent().batch);
    }
  }
  if (first_row_not_finite(model_->backend(), unrolled_.outputs(), replica) >= 0) return "the read-out's outputs";
  Parameters<Real>& parameters = model_->parameters();
  for (const ParameterSlice& slice : parameters.slices())
    if (first_row_not_finite(model_->backend(), parameters.gradients(slice), replica) >= 0)
      return "the gradient of " + slice.name;
  return "the loss";
}

template <class Real>
void Trainer<Real>::fail(int replica, std::string where) {
  failures_[static_cast<std::size_t>(replica)] = Failure{update_, where};
  journal_->event("failed", {{"replica", replica}, {"update", update_}, {"where", where}});
}

template <class Real>
bool Trainer<Real>::every_replica_failed() const {
  return std::all_of(failures_.begin(), failures_.end(), [](const auto& failure) { return failure.has_value(); });
}

// Without validation sequences the last weights are the best.
template <class Real>
void Trainer<Real>::validate() {
  Evaluation valid;
  if (valid_.count > 0) valid = evaluate(*model_, valid_, data_->loss, data_->read_steps);
  const std::ptrdiff_t size = model_->parameters().size();
  for (std::size_t r = 0; r < seeds_.size(); ++r) {
    if (summed_ > 0) train_loss_[r] = loss_sum_[r] / static_cast<double>(summed_);
    loss_sum_[r] = 0;
    if (failures_[r] || (valid_.count > 0 && !(valid.loss[r] < best_loss_[r]))) continue;
    if (valid_.count > 0) best_loss_[r] = valid.loss[r];
    best_update_[r] = update_;
    const std::ptrdiff_t at = static_cast<std::ptrdiff_t>(r) * size;
    model_->backend().copy(best_.data() + at, model_->parameters().block().data() + at,
                           static_cast<std::size_t>(size) * sizeof(Real));
  }
  summed_ = 0;
  journal_->event("validated", {{"update", update_},
                                {"updates", options_.updates},
                                {"train_loss", train_loss_},
                                {"valid_loss", valid.loss},
                                {"valid_accuracy", valid.accuracy}});
}

template <class Real>
void Trainer<Real>::measure_vaa() {
  const Multistability measured = measure_multistability(*model_, train_, seeds_, options_.measure);
  journal_->event("measured", {{"update", update_}, {"vaa", measured.vaa}, {"vaa_star", measured.vaa_star}});
}

template <class Real>
typename Trainer<Real>::End Trainer<Real>::run(const std::function<bool()>& stop_requested,
                                               const std::function<void()>& checkpoint) {
  const auto due = [&](std::int64_t every) { return every > 0 && update_ % every == 0; };
  const std::int64_t validate_every = options_.validate_every > 0 ? options_.validate_every : epoch_updates_;
  if (update_ == 0) {
    if (options_.vaa_every > 0) measure_vaa();
    validate();
  }
  while (update_ < options_.updates && !every_replica_failed()) {
    one_update();
    journal_->progress("training", update_, options_.updates, median(loss_.to_host()), "loss");
    const bool last = update_ == options_.updates || every_replica_failed();
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
void Trainer<Real>::take_best() {
  model_->parameters().block().copy_from(best_);
}

template <class Real>
TrainerState<Real> Trainer<Real>::state() {
  return {.update = update_,
          .summed = summed_,
          .loss_sum = loss_sum_,
          .train_loss = train_loss_,
          .best_loss = best_loss_,
          .best_update = best_update_,
          .failures = failures_,
          .values = model_->parameters().block().to_host(),
          .best = best_.to_host(),
          .first_moment = adam_.first_moment().to_host(),
          .second_moment = adam_.second_moment().to_host()};
}

template <class Real>
void Trainer<Real>::restore(const TrainerState<Real>& state) {
  update_ = state.update;
  summed_ = state.summed;
  loss_sum_ = state.loss_sum;
  train_loss_ = state.train_loss;
  best_loss_ = state.best_loss;
  best_update_ = state.best_update;
  failures_ = state.failures;
  model_->parameters().block().from_host(state.values);
  best_.from_host(state.best);
  adam_.first_moment().from_host(state.first_moment);
  adam_.second_moment().from_host(state.second_moment);
  adam_.set_steps(static_cast<int>(state.update));
}

template class Trainer<float>;
template class Trainer<double>;

}  // namespace hysteron
