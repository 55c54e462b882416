#include <memory>
#include <span>

#include <hysteron/registry.hpp>
#include <hysteron/task.hpp>

#include "data/drawn_sequences.hpp"

namespace hysteron {
namespace {

/// Noise of N(0, 1); at the last step the first value is asked for (Lambrechts et al. 2023, arXiv 2106.01001).
class CopyFirstInput final : public Task {
 public:
  std::string description() const override { return "recall the first of task.steps random numbers at the last step"; }

  void declare(Settings& settings) const override {
    declare_drawn(settings);
    settings.declare("task.solved", 0.02, "test loss up to which a replica counts as solved", at_least(0));
  }

  TaskData make(const Settings& settings) const override {
    return draw_task(settings, {.steps = static_cast<int>(settings.integer("task.steps")),
                                .features = 1,
                                .target_steps = 1,
                                .outputs = 1,
                                .draw = [](Random& random, std::span<float> inputs, std::span<float> targets) {
                                  for (float& input : inputs) input = static_cast<float>(random.normal());
                                  targets.front() = inputs.front();
                                }});
  }
};

const Registration<Task> registration("copy_first_input", [] { return std::make_unique<CopyFirstInput>(); });

}  // namespace
}  // namespace hysteron
