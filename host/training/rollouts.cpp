#include <algorithm>
#include <cstddef>

#include <hysteron/rollouts.hpp>

namespace hysteron {

template <class Real>
Rollouts<Real>::Rollouts(Model<Real>& model, const Environment& environment, int rollouts)
    : model_(&model),
      environment_(&environment),
      rollouts_(rollouts),
      unrolled_(model, {1, rollouts}, 1, Keep::states),
      inputs_(model.backend(), {model.replicas(), rollouts, input_size(environment)}) {}

template <class Real>
std::vector<Episode> Rollouts<Real>::play(std::span<const int> starts, const Policy& policy) {
  const std::size_t size = input_size(*environment_), actions = environment_->actions();
  std::vector<Episode> episodes(starts.size());
  std::vector<int> states(starts.size());
  std::vector<float> seen(starts.size() * size);
  const auto write = [&](std::size_t n, int action, double reward) {
    write_input(*environment_, action, reward, states[n], std::span(seen).subspan(n * size, size));
  };
  for (std::size_t n = 0; n < starts.size(); ++n) {
    episodes[n].start = starts[n];
    states[n] = environment_->start(starts[n]);
    write(n, -1, 0);
  }
  std::vector<Real> values(starts.size() * actions);
  View<const Real> carried;  // absent: zeros
  std::size_t playing = starts.size();
  for (int step = 0; playing > 0 && step < environment_->horizon(); ++step) {
    inputs_.from_host(std::vector<Real>(seen.begin(), seen.end()));
    unrolled_.forward(inputs_.view(model_->replicas(), rollouts_, static_cast<std::ptrdiff_t>(size)), {1, rollouts_},
                      nullptr, carried);
    carried = unrolled_.last_states();
    model_->backend().copy_out(values.data(), unrolled_.outputs().first, values.size() * sizeof(Real));
    for (std::size_t n = 0; n < starts.size(); ++n) {
      Episode& episode = episodes[n];
      if (episode.ended) continue;
      const std::size_t rollouts = rollouts_;
      const int action = policy(static_cast<int>(n / rollouts), static_cast<int>(n % rollouts),
                                std::span<const Real>(values).subspan(n * actions, actions));
      const Environment::Outcome outcome = environment_->act(states[n], action);
      states[n] = outcome.state;
      episode.actions.push_back(action);
      episode.rewards.push_back(outcome.reward);
      episode.ended = outcome.ended;
      write(n, action, outcome.reward);
      if (outcome.ended) --playing;
    }
  }
  return episodes;
}

template <class Real>
int greedy_action(std::span<const Real> values) {
  return static_cast<int>(std::max_element(values.begin(), values.end()) - values.begin());
}

template class Rollouts<float>;
template class Rollouts<double>;
template int greedy_action(std::span<const float>);
template int greedy_action(std::span<const double>);

}  // namespace hysteron
