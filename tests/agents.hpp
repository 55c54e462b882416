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

/// Networks that start alike for the same seed, and their trainer.
template <class Real>
struct Agents {
  Agents(Backend& backend, const Environment& environment, const char* cell, Structure structure, int units,
         std::vector<std::uint64_t> seeds, const QTrainerOptions& options)
      : model(backend, shape(environment, cell, structure, units), static_cast<int>(seeds.size())),
        trainer(model, environment, seeds, options, journal) {
    journal.add_listener(events);
    std::vector<Real> values;
    for (const std::uint64_t seed : seeds) {
      const auto own = normal_draws<Real>(static_cast<std::size_t>(model.parameters().size()), seed, 0.4);
      values.insert(values.end(), own.begin(), own.end());
    }
    model.parameters().block().from_host(values);
    trainer.start();
  }
  static ModelShape shape(const Environment& environment, const char* cell, Structure structure, int units) {
    return {.cell = &cell_named(cell),
            .units = units,
            .layers = 2,
            .structure = structure,
            .inputs = input_size(environment),
            .outputs = environment.actions()};
  }
  typename QTrainer<Real>::End run() {
    return trainer.run([] { return false; }, [] {});
  }
  std::vector<Real> parameters(std::ptrdiff_t replica) {
    const std::vector<Real> all = model.parameters().block().to_host();
    const std::ptrdiff_t size = model.parameters().size();
    return {all.begin() + replica * size, all.begin() + (replica + 1) * size};
  }

  std::shared_ptr<Events> events = std::make_shared<Events>();
  Journal journal;
  Model<Real> model;
  QTrainer<Real> trainer;
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
