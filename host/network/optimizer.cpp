#include <hysteron/optimizer.hpp>

namespace hysteron {

template <class Real>
Adam<Real>::Adam(Backend& backend, Parameters<Real>& parameters, std::vector<double> learning_rates,
                 AdamOptions options)
    : operations_(&operations_of<Real>(backend)),
      parameters_(&parameters),
      options_(options),
      first_(backend, {parameters.replicas(), parameters.size()}),
      second_(backend, {parameters.replicas(), parameters.size()}),
      rates_(backend, {parameters.replicas()}),
      norms_(backend, {parameters.replicas()}),
      step_(backend, {parameters.replicas()}),
      active_(backend, {parameters.replicas()}) {
  rates_.from_host(learning_rates);
}

template <class Real>
const std::vector<double>& Adam<Real>::step(std::span<const unsigned char> active, const double* losses) {
  ++steps_;
  step_.from_host(std::vector<int>(static_cast<std::size_t>(parameters_->replicas()), steps_));
  active_.from_host(active);
  AdamRun<Real> run{.values = parameters_->values(),
                    .gradient = parameters_->gradients(),
                    .first_moment = first_.view(parameters_->replicas(), 1, parameters_->size()),
                    .second_moment = second_.view(parameters_->replicas(), 1, parameters_->size()),
                    .learning_rate = rates_.data(),
                    .step = step_.data(),
                    .active = active_.data(),
                    .loss = losses,
                    .beta1 = options_.beta1,
                    .beta2 = options_.beta2,
                    .epsilon = options_.epsilon,
                    .weight_decay = options_.weight_decay,
                    .clip = options_.clip,
                    .norm = norms_.data()};
  operations_->adam(run);
  norm_ = norms_.to_host();
  return norm_;
}

template class Adam<float>;
template class Adam<double>;

}  // namespace hysteron
