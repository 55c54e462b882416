#pragma once
#include <functional>
#include <span>

#include <hysteron/random.hpp>
#include <hysteron/settings.hpp>
#include <hysteron/task.hpp>

namespace hysteron {

/// Sequences of a task that is drawn, not read: regression, every sequence with every step.
struct DrawnSequences {
  int steps = 0, features = 0;
  int target_steps = 0, outputs = 0;
  /// Fills one sequence's inputs [steps, features], which are 0 before, and targets [target_steps, outputs].
  std::function<void(Random&, std::span<float> inputs, std::span<float> targets)> draw;
};

/// task.steps, task.train, task.test, task.seed.
void declare_drawn(Settings& settings);

/// Training and test sequences: sequence n comes from (task.seed, training_data or test_data, n) alone, so that a
/// smaller set is the beginning of a larger one.
TaskData draw_task(const Settings& settings, const DrawnSequences& drawn);

}  // namespace hysteron
