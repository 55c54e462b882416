#pragma once
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <hysteron/q_trainer.hpp>

#include "tests/training.hpp"

// Small networks that learn to act.

namespace hysteron {

inline std::shared_ptr<const Environment> maze(int length) {
  return made_task("t_maze", {{"task.length", std::to_string(length)}}).environment;
}

template <class Real>
struct Agents : Trained<Real, QTrainer, Environment, QTrainerOptions> {
  using Base = Trained<Real, QTrainer, Environment, QTrainerOptions>;
  Agents(Backend& backend, const Environment& environment, const char* cell, Structure structure, int units,
         std::vector<std::uint64_t> seeds, const QTrainerOptions& options)
      : Base(backend, environment, shape(environment, cell, structure, units), std::move(seeds), options) {}
  static ModelShape shape(const Environment& environment, const char* cell, Structure structure, int units) {
    return {.cell = &cell_named(cell),
            .units = units,
            .layers = 2,
            .structure = structure,
            .inputs = input_size(environment),
            .outputs = environment.actions()};
  }
};

inline QTrainerOptions small_learning(std::vector<double> rates) {
  return {.episodes = 6,
          .updates_per_episode = 2,
          .batch = 5,
          .replay = 40,
          .target_every = 2,
          .learning_rates = std::move(rates),
          .adam = {},
          .evaluate_every = 2,
          .measure = {.steps = 10, .draws = 1, .sequences = 5}};
}

}  // namespace hysteron
