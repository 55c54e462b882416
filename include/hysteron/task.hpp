#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <hysteron/environment.hpp>
#include <hysteron/operations.hpp>
#include <hysteron/sequences.hpp>
#include <hysteron/settings.hpp>

namespace hysteron {

/// supervised: sequences with targets. reinforcement: an environment to act in, and a value for each action.
enum class Learning { supervised, reinforcement };

/// Which sequences are kept from training, for validation and, of a task that has none of its own, for the test: the
/// last ones as they come, or the last ones after a shuffle, which is the same for every run.
enum class Split { last, shuffled };

/// Everything that a trainer needs to know of a task. Inputs are finite numbers.
struct TaskData {
  Sequences train = {}, test = {};
  std::shared_ptr<const Environment> environment = nullptr;  ///< for reinforcement learning, which has no sequences
  LossKind loss = LossKind::mse;
  int outputs = 1;
  int read_steps = 1;                            ///< how many of the last steps the read-out reads
  std::optional<int> validation = std::nullopt;  ///< the last of train, which form the task's own validation set; none:
                                                 ///< train.validation_share says how many
  Split split = Split::last;                     ///< shuffled: the sequences of train are so already
  std::vector<std::string> notes = {};           ///< for the user: what was read, a line each
  std::vector<std::filesystem::path> files = {};  ///< what was read: a run that is resumed must find the same contents
  std::optional<double> trivial_loss = std::nullopt;  ///< of always answering with the mean, or with all classes alike
  std::optional<double> solved_loss = std::nullopt;   ///< a test loss up to this is called solved
  std::optional<double> solved_accuracy = std::nullopt;  ///< or a test accuracy from this on
};

/// A data set with several variants, and one of them: "mnist", "permuted".
struct DataVariant {
  std::string set, variant;
};

/// Where sequences come from, and what counts. Each file in host/tasks is one.
class Task {
 public:
  static constexpr std::string_view noun = "task";
  virtual ~Task() = default;
  virtual std::string description() const = 0;  ///< one line
  virtual Learning learning() const { return Learning::supervised; }
  virtual DataVariant reads() const { return {}; }     ///< for a data set that other tasks read differently; else empty
  virtual void declare(Settings& settings) const = 0;  ///< its keys, "task.…"
  virtual Split usual_split(const Settings&) const { return Split::last; }  ///< the default of train.split
  /// Draws from task.seed, which is the same for every replica and arm, or reads files. Throws usage and data errors.
  virtual TaskData make(const Settings& settings) const = 0;
};

}  // namespace hysteron
