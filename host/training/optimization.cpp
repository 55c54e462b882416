#include <algorithm>
#include <cmath>
#include <limits>

#include <hysteron/optimization.hpp>

#include "training/not_finite.hpp"

namespace hysteron {

template <class Real>
Optimization<Real>::Optimization(Model<Real>& model, std::vector<double> learning_rates, const AdamOptions& adam,
                                 Journal& journal)
    : model_(&model),
      journal_(&journal),
      adam_(model.backend(), model.parameters(), std::move(learning_rates), adam),
      losses_(model.backend(), {model.replicas()}),
      best_(model.backend(), {model.replicas(), model.parameters().size()}),
      loss_(model.replicas()),
      loss_sum_(loss_.size()),
      train_loss_(loss_.size(), std::numeric_limits<double>::quiet_NaN()),
      failures_(loss_.size()) {}

// Nothing waits for the device before the norms are read.
template <class Real>
void Optimization<Real>::step(Unrolled<Real>& unrolled) {
  ++update_;
  ++summed_;
  std::vector<unsigned char> active(failures_.size());
  for (std::size_t r = 0; r < active.size(); ++r) active[r] = !failures_[r];
  const std::vector<double>& norm = adam_.step(active, losses_.data());
  loss_ = losses_.to_host();
  for (std::size_t r = 0; r < active.size(); ++r) {
    loss_sum_[r] += loss_[r];
    if (!active[r] || (std::isfinite(loss_[r]) && std::isfinite(norm[r]))) continue;
    failures_[r] = Failure{update_, where_not_finite(*model_, unrolled, static_cast<int>(r))};
    journal_->event("failed", {{"replica", r}, {"update", update_}, {"where", failures_[r]->where}});
  }
}

template <class Real>
void Optimization<Real>::finish_mean() {
  for (std::size_t r = 0; r < loss_sum_.size(); ++r) {
    if (summed_ > 0) train_loss_[r] = loss_sum_[r] / static_cast<double>(summed_);
    loss_sum_[r] = 0;
  }
  summed_ = 0;
}

template <class Real>
void Optimization<Real>::keep() {
  best_.copy_from(model_->parameters().block());
}

template <class Real>
void Optimization<Real>::keep(std::size_t replica) {
  const std::ptrdiff_t size = model_->parameters().size(), at = static_cast<std::ptrdiff_t>(replica) * size;
  model_->backend().copy(best_.data() + at, model_->parameters().block().data() + at, size * sizeof(Real));
}

template <class Real>
void Optimization<Real>::take_best() {
  model_->parameters().block().copy_from(best_);
}

template <class Real>
bool Optimization<Real>::every_replica_failed() const {
  return std::ranges::all_of(failures_, [](const auto& failure) { return failure.has_value(); });
}

template <class Real>
OptimizationState<Real> Optimization<Real>::state() {
  return {.update = update_,
          .summed = summed_,
          .loss_sum = loss_sum_,
          .train_loss = train_loss_,
          .failures = failures_,
          .values = model_->parameters().block().to_host(),
          .best = best_.to_host(),
          .first_moment = adam_.first_moment().to_host(),
          .second_moment = adam_.second_moment().to_host()};
}

template <class Real>
void Optimization<Real>::restore(const OptimizationState<Real>& state) {
  update_ = state.update;
  summed_ = state.summed;
  loss_sum_ = state.loss_sum;
  train_loss_ = state.train_loss;
  failures_ = state.failures;
  model_->parameters().block().from_host(state.values);
  best_.from_host(state.best);
  adam_.first_moment().from_host(state.first_moment);
  adam_.second_moment().from_host(state.second_moment);
  adam_.set_steps(static_cast<int>(state.update));
}

template class Optimization<float>;
template class Optimization<double>;

}  // namespace hysteron
