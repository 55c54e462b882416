#pragma once
#include <functional>
#include <span>

#include <hysteron/random.hpp>
#include <hysteron/settings.hpp>
#include <hysteron/task.hpp>

namespace hysteron {

/// The sequences of a task whose data are drawn, not read: regression, and every sequence has every step.
struct DrawnSequences {
  int steps = 0, features = 0;
  int target_steps = 0, outputs = 0;
  /// Fills one sequence's inputs [steps, features], which are 0 beforehand, and targets [target_steps, outputs].
  std::function<void(Random&, std::span<float> inputs, std::span<float> targets)> draw;
};

/// Declares task.steps, task.train, task.test, task.seed.
void declare_drawn(Settings& settings);

/// Training and test sequences: sequence n depends only on (task.seed, training_data or test_data, n), so that a
/// smaller set is the beginning of a larger one.
TaskData draw_task(const Settings& settings, const DrawnSequences& drawn);

}  // namespace hysteron
