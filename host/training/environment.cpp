#include <algorithm>
#include <string>

#include <hysteron/environment.hpp>
#include <hysteron/error.hpp>

namespace hysteron {

double Episode::sum_of_rewards(double discount) const {
  double sum = 0, weight = 1;
  for (const double reward : rewards) {
    sum += weight * reward;
    weight *= discount;
  }
  return sum;
}

Episode episode_of(const Environment& environment, int start, std::span<const int> actions) {
  const auto refuse = [](const char* what, int expected_below, int found) {
    throw data_error({.what = std::string("an episode with ") + what + " that the environment does not have",
                      .expected = "0 .. " + std::to_string(expected_below - 1),
                      .found = std::to_string(found)});
  };
  if (start < 0 || start >= environment.starts()) refuse("a start", environment.starts(), start);
  if (std::ssize(actions) > environment.horizon())
    refuse("a step", environment.horizon(), static_cast<int>(actions.size()) - 1);
  Episode episode{.start = start, .actions = {actions.begin(), actions.end()}, .rewards = {}, .ended = false};
  int state = environment.start(start);
  for (const int action : actions) {
    if (action < 0 || action >= environment.actions()) refuse("an action", environment.actions(), action);
    if (episode.ended) refuse("an action after its end,", 1, action);
    const Environment::Outcome outcome = environment.act(state, action);
    state = outcome.state;
    episode.rewards.push_back(outcome.reward);
    episode.ended = outcome.ended;
  }
  return episode;
}

int input_size(const Environment& environment) { return environment.actions() + 1 + environment.observation_size(); }

void write_input(const Environment& environment, int action, double reward, int state, std::span<float> input) {
  std::fill(input.begin(), input.end(), 0.0f);
  const std::size_t actions = environment.actions();
  if (action >= 0) input[action] = 1;
  input[actions] = static_cast<float>(reward);
  environment.observe(state, input.subspan(actions + 1));
}

std::vector<float> inputs_of(const Environment& environment, const Episode& episode) {
  const std::size_t size = input_size(environment);
  std::vector<float> inputs((episode.actions.size() + 1) * size);
  int state = environment.start(episode.start);
  write_input(environment, -1, 0, state, std::span(inputs).first(size));
  for (std::size_t step = 0; step < episode.actions.size(); ++step) {
    state = environment.act(state, episode.actions[step]).state;
    write_input(environment, episode.actions[step], episode.rewards[step], state,
                std::span(inputs).subspan((step + 1) * size, size));
  }
  return inputs;
}

}  // namespace hysteron
