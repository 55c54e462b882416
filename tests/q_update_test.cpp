// What playing and updating do, compared with a calculation from the definition of Q-learning.
#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>

#include <gtest/gtest.h>

#include <hysteron/random.hpp>

#include "tests/agents.hpp"

namespace hysteron {
namespace {

// What a network says after a whole sequence, run alone and from its beginning.
class OneByOne {
 public:
  OneByOne(Backend& backend, const ModelShape& shape, std::vector<double> values) : model_(backend, shape, 1) {
    set(values);
  }
  void set(const std::vector<double>& values) { model_.parameters().block().from_host(values); }
  std::vector<double> values() { return model_.parameters().block().to_host(); }

  std::vector<double> outputs(std::vector<double> sequence) { return run(sequence, {}); }
  // Adds the gradient of the dot product of the outputs and `direction`.
  void add_gradient(std::vector<double> sequence, const std::vector<double>& direction, std::vector<double>& to) {
    run(sequence, direction);
    const std::vector<double> found = model_.parameters().gradient_block().to_host();
    for (std::size_t i = 0; i < to.size(); ++i) to[i] += found[i];
  }

 private:
  std::vector<double> run(std::vector<double>& sequence, const std::vector<double>& direction) {
    const int inputs = model_.shape().inputs, steps = static_cast<int>(sequence.size()) / inputs;
    Unrolled<double> unrolled(model_, {steps, 1}, 1, Keep::trajectory);
    model_.parameters().gradient_block().clear();
    unrolled.forward({sequence.data(), 1, steps, inputs, 0, inputs}, {steps, 1}, nullptr);
    const std::vector<double> outputs = gathered(unrolled.outputs());
    if (direction.empty()) return outputs;
    unrolled.clear_gradients();
    std::copy(direction.begin(), direction.end(), unrolled.output_gradient().first);
    unrolled.backward(Unrolled<double>::Readout::used);
    return outputs;
  }

  Model<double> model_;
};

struct Remembered {
  std::vector<double> before, after;
  std::size_t action;
  double reward;
  bool ended;
};

void remember(std::vector<Remembered>& list, const Environment& environment, const Episode& episode,
              std::size_t capacity) {
  const std::vector<float> inputs = inputs_of(environment, episode);
  const std::ptrdiff_t size = input_size(environment);
  for (std::ptrdiff_t t = 0; t < episode.steps(); ++t) {
    const auto n = static_cast<std::size_t>(t);
    list.push_back({{inputs.begin(), inputs.begin() + (t + 1) * size},
                    {inputs.begin(), inputs.begin() + (t + 2) * size},
                    static_cast<std::size_t>(episode.actions[n]),
                    episode.rewards[n],
                    episode.ended && t + 1 == episode.steps()});
  }
  if (list.size() > capacity) list.erase(list.begin(), list.end() - static_cast<std::ptrdiff_t>(capacity));
}

// Everything from its definition: episodes played with the whole history read again before every action, targets and
// gradients one transition at a time, Adam, the updates of the target network.
TEST(QLearning, EpisodesAndUpdatesAreThoseOfTheirDefinition) {
  const std::unique_ptr<Backend> backend = make_backend("cpu", 1);
  const auto environment = maze(3);
  const std::vector<std::uint64_t> seeds{4, 9};
  QTrainerOptions options = small_learning({0.01, 0.05});
  options.episodes = 7;
  options.target_every = 3;
  options.epsilon = 0.4;
  options.adam = {.clip = 0.5};
  for (const Structure structure : {Structure::stack, Structure::double_layer}) {
    Agents<double> learning(*backend, *environment, "lstm", structure, 4, seeds, options);
    const auto size = static_cast<std::size_t>(learning.model.parameters().size());
    std::vector<std::vector<double>> right, right_targets;
    bool explored = false, followed = false, cut = false, ended = false;
    for (std::size_t r = 0; r < seeds.size(); ++r) {
      Replay filled(*environment, 1, options.replay);
      explore(filled, *environment, std::span(&seeds[r], 1));
      std::vector<Remembered> replay;
      for (const Episode& episode : filled.episodes(0)) remember(replay, *environment, episode, 40);
      OneByOne network(*backend, learning.model.shape(), learning.parameters(static_cast<std::ptrdiff_t>(r)));
      OneByOne target(*backend, learning.model.shape(), network.values());
      std::vector<double> first(size), second(size);
      int update = 0;
      for (std::uint64_t number = 0; number < 7; ++number) {
        if (number % 3 == 0) target.set(network.values());
        Random random(seeds[r], Stream::play, number);
        const int start = static_cast<int>(random.below(2));
        std::vector<int> actions;
        Episode episode = episode_of(*environment, start, actions);
        while (!episode.ended && episode.steps() < environment->horizon()) {
          const std::vector<float> seen = inputs_of(*environment, episode);
          const std::vector<double> q = network.outputs({seen.begin(), seen.end()});
          if (random.uniform() < 0.4) {
            actions.push_back(exploring_action(*environment, random.uniform()));
            explored = true;
          } else {
            actions.push_back(static_cast<int>(std::max_element(q.begin(), q.end()) - q.begin()));
            followed = true;
          }
          episode = episode_of(*environment, start, actions);
        }
        (episode.ended ? ended : cut) = true;
        remember(replay, *environment, episode, 40);
        for (int n = 0; n < 2; ++n) {
          Random draw(seeds[r], Stream::replay, static_cast<std::uint64_t>(update++));
          std::vector<double> gradient(size);
          for (int b = 0; b < 5; ++b) {
            const Remembered& seen = replay[static_cast<std::size_t>(draw.below(40))];
            const std::vector<double> next = target.outputs(seen.after);
            const double goal = seen.reward + (seen.ended ? 0 : 0.98 * *std::max_element(next.begin(), next.end()));
            std::vector<double> direction(4);
            direction[seen.action] = 2 * (network.outputs(seen.before)[seen.action] - goal) / 5;
            network.add_gradient(seen.before, direction, gradient);
          }
          const double norm = std::sqrt(std::inner_product(gradient.begin(), gradient.end(), gradient.begin(), 0.0));
          std::vector<double> values = network.values();
          for (std::size_t i = 0; i < size; ++i) {
            const double g = gradient[i] * std::min(1.0, 0.5 / (norm + 1e-6));
            first[i] = 0.9 * first[i] + 0.1 * g;
            second[i] = 0.999 * second[i] + 0.001 * g * g;
            values[i] -= options.learning_rates[r] * first[i] / (1 - std::pow(0.9, update)) /
                         (std::sqrt(second[i] / (1 - std::pow(0.999, update))) + 1e-8);
          }
          network.set(values);
        }
      }
      right.push_back(network.values());
      right_targets.push_back(target.values());
    }
    EXPECT_TRUE(explored && followed && ended) << "this shows less than it could";
    EXPECT_TRUE(cut) << "no episode was cut off";
    learning.run();
    const std::vector<double> targets = learning.trainer.state().target;
    for (std::size_t r = 0; r < seeds.size(); ++r) {
      const std::vector<double> found = learning.parameters(static_cast<std::ptrdiff_t>(r));
      for (std::size_t i = 0; i < size; ++i) {
        EXPECT_NEAR(found[i], right[r][i], 1e-9) << "replica " << r << " value " << i;
        EXPECT_NEAR(targets[r * size + i], right_targets[r][i], 1e-9) << "replica " << r << " value " << i;
      }
    }
  }
}

}  // namespace
}  // namespace hysteron
