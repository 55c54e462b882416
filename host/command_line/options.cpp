#include "command_line/options.hpp"

#include <array>
#include <chrono>
#include <iostream>

#include <fmt/format.h>

#include "journal/console.hpp"

namespace hysteron {

void Options::declare_flag(CLI::App& app, const KeyFlag& flag) {
  Taken& taken = taken_.emplace_back(Taken{flag, {}, nullptr});
  taken.option = app.add_option(flag.flag, taken.text, flag.description + " (" + flag.key + ")");
}

void Options::declare(CLI::App& app, std::span<const KeyFlag> flags) {
  app.add_option("CONFIG", file_, "a configuration in TOML");
  declare_settings(app, flags);
}

void Options::declare_settings(CLI::App& app, std::span<const KeyFlag> flags) {
  declare_machine(app, flags);
  declare_flag(app, seed_flag());
  app.add_option("--set", assignments_, "any key of the configuration, as key=value; may be repeated");
}

void Options::declare_machine(CLI::App& app, std::span<const KeyFlag> flags) {
  for (const KeyFlag& flag : flags) declare_flag(app, flag);
  declare_flag(app, {"--device", "device", "auto | cpu | cuda | cuda:1"});
  declare_flag(app, {"--threads", "threads", "of the CPU"});
  declare_flag(app, {"--schedule", "schedule", "of a GPU's time loop: auto | stepwise | solo | cluster | scan"});
  declare_output(app);
}

void Options::declare_output(CLI::App& app) {
  app.add_flag("--json", json_, "the last line of stdout is one JSON object");
  app.add_flag("-q,--quiet", quiet_, "warnings only");
  app.add_flag("-v,--verbose", verbose_, "every event");
}

Settings Options::settings() const {
  Settings settings;
  if (!file_.empty()) settings.read_file(file_);
  settings.read_environment(process_environment());
  for (const std::string& assignment : assignments_) settings.assign(assignment);
  for (const Taken& taken : taken_)
    if (taken.option->count() > 0) settings.set(taken.flag.key, taken.text, taken.flag.flag);
  return settings;
}

std::vector<std::string> Options::assignments() const {
  std::vector<std::string> all = assignments_;
  for (const Taken& taken : taken_)
    if (taken.option->count() > 0) all.push_back(taken.flag.key + "=" + taken.text);
  return all;
}

void Options::expect_no_settings(const std::string& what) const {
  std::string found = file_;
  if (!assignments_.empty()) found = "--set " + assignments_.front();
  for (const Taken& taken : taken_)
    if (taken.option->count() > 0) found = taken.flag.flag + " " + taken.text;
  if (found.empty()) return;
  throw usage_error({.what = what + " goes on with the settings that it began with",
                     .expected = "no others with --resume",
                     .found = found,
                     .hint = "leave it out, or begin anew with another --out"});
}

std::unique_ptr<Journal> Options::journal() const {
  const Verbosity verbosity = quiet_ ? Verbosity::quiet : verbose_ ? Verbosity::verbose : Verbosity::normal;
  auto journal = std::make_unique<Journal>();
  journal->add_listener(std::make_shared<Console>(std::cerr, style_of_standard_error(verbosity)));
  return journal;
}

KeyFlag seed_flag() { return {"--seed", "seed", "replica k draws from seed + k"}; }

std::span<const KeyFlag> model_flags() {
  static const std::array<KeyFlag, 6> flags{
      {{"--cell", "model.cell", "elman lstm gru mgu brc nbrc lmn"},
       {"--units", "model.units", "of each layer"},
       {"--layers", "model.layers", "each reading the one below"},
       {"--structure", "model.structure", "stack | double"},
       {"--init", "init.name", "what makes the networks ready: hysteron info lists them"},
       {"--precision", "precision", "float | double"}}};
  return flags;
}

std::span<const KeyFlag> task_flags() {
  static const std::array<KeyFlag, 14> flags = [] {
    std::array<KeyFlag, 14> all{{{"--task", "task.name", "what the networks learn: hysteron info lists them"},
                                 {"--data", "task.data", "the folder of a data set"},
                                 {"--inputs", "task.inputs", "sequences X.npy [steps, batch, inputs]"},
                                 {"--targets", "task.targets", "targets Y.npy"},
                                 {"--lengths", "task.lengths", "lengths L.npy [batch]"},
                                 {"--loss", "task.loss", "mse | cross_entropy | binary_cross_entropy"},
                                 {"--at", "task.at", "last | all: the steps that are asked for an answer"},
                                 {"--replicas", "replicas", "networks trained side by side"}}};
    std::copy(model_flags().begin(), model_flags().end(), all.begin() + 8);
    return all;
  }();
  return flags;
}

double Stopwatch::seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}

Json complete_result(Json result, const Stopwatch& watch, const std::string& device, Json seed) {
  Json complete{{"run", nullptr}};
  complete.update(result);
  complete["seconds"] = watch.seconds();
  complete["device"] = device;
  complete["seed"] = std::move(seed);
  return complete;
}

}  // namespace hysteron
