#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include <hysteron/backend.hpp>
#include <hysteron/journal.hpp>
#include <hysteron/run_result.hpp>

#include "records/run_folder.hpp"
#include "runs/configuration.hpp"

namespace hysteron {

/// Where a training run is recorded, and whether it begins or goes on.
struct RunPlace {
  std::filesystem::path path;
  enum class Begin { fresh, replacing, resuming } begin = Begin::fresh;
  std::vector<std::string> arguments;  ///< the command line, for environment.json
  bool farther = false;                ///< resuming, with settings that let it go on for longer, finished or not
};

/// Carries out a configuration in a run folder: models, journal, checkpoints, result.json.
RunResult record_run(const Settings& settings, const Configuration& configuration, Backend& backend, Journal& journal,
                     const RunPlace& place);

/// The same on the device that the settings ask for (on_chosen_device). After a failure the CPU goes on from the last
/// checkpoint of a fresh or resumed run, or begins again.
RunResult record_run(const Settings& settings, const Configuration& configuration, Journal& journal, RunPlace place);

}  // namespace hysteron
