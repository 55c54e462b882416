#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <hysteron/environment.hpp>
#include <hysteron/operations.hpp>
#include <hysteron/sequences.hpp>
#include <hysteron/settings.hpp>

namespace hysteron {

/// supervised: sequences with targets. reinforcement: an environment to act in, and a value for each action.
enum class Learning { supervised, reinforcement };

/// Everything that a trainer needs to know of a task. Inputs are finite numbers.
struct TaskData {
  Sequences train = {}, test = {};
  std::shared_ptr<const Environment> environment = nullptr;  ///< of reinforcement learning; there are no sequences then
  LossKind loss = LossKind::mse;
  int outputs = 1;
  int read_steps = 1;                            ///< the read-out reads that many of the last steps
  std::optional<int> validation = std::nullopt;  ///< the last of train, which are the task's own validation set; none:
                                                 ///< train.validation_share tells how many
  std::optional<double> trivial_loss = std::nullopt;     ///< of answering the mean always, or all classes alike
  std::optional<double> solved_loss = std::nullopt;      ///< a test loss up to this is called solved
  std::optional<double> solved_accuracy = std::nullopt;  ///< or a test accuracy from this on
};

/// A data set that has several variants, and one of them: "mnist", "permuted".
struct DataVariant {
  std::string set, variant;
};

/// Where sequences come from, and what counts. A file in host/tasks is one.
class Task {
 public:
  static constexpr std::string_view noun = "task";
  virtual ~Task() = default;
  virtual std::string description() const = 0;  ///< one line
  virtual Learning learning() const { return Learning::supervised; }
  virtual DataVariant reads() const { return {}; }     ///< of a data set that other tasks read otherwise; else empty
  virtual void declare(Settings& settings) const = 0;  ///< its keys, "task.…"
  /// Draws from task.seed, the same for every replica and arm, or reads files. Throws usage and data errors.
  virtual TaskData make(const Settings& settings) const = 0;
};

}  // namespace hysteron
