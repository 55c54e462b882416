#pragma once
#include <algorithm>
#include <iterator>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include <hysteron/trainer.hpp>

#include "tests/made_task.hpp"
#include "tests/network.hpp"

// Small training runs, and what they report.

namespace hysteron {

inline TaskData copy_first_input(int steps, int train, int test = 10) {
  return made_task("copy_first_input", {{"task.steps", std::to_string(steps)},
                                        {"task.train", std::to_string(train)},
                                        {"task.test", std::to_string(test)}});
}

class Events : public Listener {
 public:
  void hear(const Event& event) override { all.push_back(event); }
  void hear(const Progress&) override { ++progress; }
  std::vector<Event> named(const std::string& name) const {
    std::vector<Event> found;
    std::ranges::copy_if(all, std::back_inserter(found), [&](const Event& event) { return event.name == name; });
    return found;
  }
  template <class Value>
  static Value value(const Event& event, const std::string& key) {
    for (const auto& [name, held] : event.values)
      if (name == key) return std::get<Value>(held.variant());
    ADD_FAILURE() << event.name << " without " << key;
    return {};
  }

  std::vector<Event> all;
  int progress = 0;
};

/// Networks that start alike for the same seed, and their trainer.
template <class Real, template <class> class Kind, class Data, class Options>
struct Trained {
  Trained(Backend& backend, const Data& data, const ModelShape& shape, std::vector<std::uint64_t> seeds,
          const Options& options)
      : model(backend, shape, static_cast<int>(seeds.size())), trainer(model, data, seeds, options, journal) {
    journal.add_listener(events);
    std::vector<Real> values;
    for (const std::uint64_t seed : seeds) {
      const auto own = normal_draws<Real>(static_cast<std::size_t>(model.parameters().size()), seed, 0.4);
      values.insert(values.end(), own.begin(), own.end());
    }
    model.parameters().block().from_host(values);
    trainer.start();
  }
  typename Kind<Real>::End run() {
    return trainer.run([] { return false; }, [] {});
  }
  std::vector<Real> parameters() { return model.parameters().block().to_host(); }
  std::vector<Real> parameters(std::ptrdiff_t replica) {
    const std::vector<Real> all = parameters();
    const std::ptrdiff_t size = model.parameters().size();
    return {all.begin() + replica * size, all.begin() + (replica + 1) * size};
  }

  std::shared_ptr<Events> events = std::make_shared<Events>();
  Journal journal;
  Model<Real> model;
  Kind<Real> trainer;
};
template <class Real>
using Training = Trained<Real, Trainer, TaskData, TrainerOptions>;

}  // namespace hysteron
