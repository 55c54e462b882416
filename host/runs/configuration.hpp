#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <hysteron/initializer.hpp>
#include <hysteron/io.hpp>
#include <hysteron/model.hpp>
#include <hysteron/multistability.hpp>
#include <hysteron/q_trainer.hpp>
#include <hysteron/settings.hpp>
#include <hysteron/task.hpp>
#include <hysteron/trainer.hpp>

namespace hysteron {

/// What a run is made of, from settings: a family's member is chosen by name and declares its own keys.
struct Configuration {
  std::unique_ptr<Task> task;                ///< null if the sequences are given otherwise
  std::unique_ptr<Initializer> initializer;  ///< null: the weights of `start` are taken as they are
  std::optional<StoredModel> start = {};     ///< model.start: the network that training starts from
  std::vector<std::string> notes = {};       ///< what was passed over, since other configurations have it
};

enum class Sections { task_and_training, initialization };  ///< of `train`, of `prepare`

/// Whether model.start is read: a run that goes on has its weights, and its file may be gone.
enum class StartFile { read, passed_over };

/// Declares every key of a run, including those of the chosen task and initializer, and refuses unknown ones.
/// Keys of other tasks, initializers and ways to train are passed over, with a note, where a file gives them.
/// The sizes of a network to start from become those of the settings.
Configuration configure(Settings& settings, Sections sections, StartFile start = StartFile::read);

/// The data of the configured task, in the order that train.split asks for.
TaskData task_data(const Settings& settings, const Task& task);

std::vector<std::uint64_t> replica_seeds(const Settings& settings);  ///< seed, seed + 1, …
ModelShape model_shape(const Settings& settings, int inputs, int outputs);
TrainerOptions trainer_options(const Settings& settings, const TaskData& data);
QTrainerOptions q_trainer_options(const Settings& settings);

}  // namespace hysteron
