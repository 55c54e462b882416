#pragma once
#include <optional>
#include <string>
#include <string_view>

#include <hysteron/operations.hpp>
#include <hysteron/sequences.hpp>
#include <hysteron/settings.hpp>

namespace hysteron {

/// Everything that a trainer needs to know of a task. Inputs are finite numbers.
struct TaskData {
  Sequences train, test;
  LossKind loss = LossKind::mse;
  int outputs = 1;
  int read_steps = 1;                     ///< the read-out reads that many of the last steps
  std::optional<double> trivial_loss;     ///< of who always answers the mean, or all classes alike
  std::optional<double> solved_loss;      ///< a test loss up to this is called solved
  std::optional<double> solved_accuracy;  ///< or a test accuracy from this on
};

/// Where sequences come from, and what counts. A file in host/tasks is one.
class Task {
 public:
  static constexpr std::string_view noun = "task";
  virtual ~Task() = default;
  virtual std::string description() const = 0;         ///< one line
  virtual void declare(Settings& settings) const = 0;  ///< its keys, "task.…"
  /// Draws from task.seed, the same for every replica and arm, or reads files. Throws usage and data errors.
  virtual TaskData make(const Settings& settings) const = 0;
};

}  // namespace hysteron
