#include "command_line/options.hpp"

#include <array>
#include <chrono>
#include <iostream>
#include <limits>

#include <fmt/format.h>

#include "foundation/long_work.hpp"
#include "journal/console.hpp"
#include "runs/every_key.hpp"
#include "runs/stop_signal.hpp"
#include "settings/setting_value.hpp"

namespace hysteron {

// As the key is declared: what it is, what it may be, and what it is by default.
void Options::declare_flag(Arguments& arguments, const KeyFlag& flag) {
  Taken& taken = taken_.emplace_back(Taken{.flag = flag});
  const SettingKey& key = key_named(flag.key);
  std::string text = flag.description.empty() ? key.description : flag.description;
  if (!key.limits.choices.empty()) text += fmt::format(": {}", fmt::join(key.limits.choices, " | "));
  const std::string* const words = std::get_if<std::string>(&key.initial);
  const std::string initial = !flag.otherwise.empty() ? flag.otherwise : words ? *words : toml_of(key.initial);
  text += initial.empty() ? fmt::format(" ({})", flag.key) : fmt::format(" ({}; default: {})", flag.key, initial);
  if (std::holds_alternative<bool>(key.initial)) {
    taken.argument = &arguments.add(flag.flag, &taken.set, key.description + fmt::format(" ({})", flag.key));
    return;
  }
  const bool whole = std::holds_alternative<std::int64_t>(key.initial);
  taken.argument =
      &arguments.add(flag.flag, &taken.text, text).value_name(whole ? "N" : "TEXT").known_values(key.limits.choices);
}

void Options::declare(Arguments& arguments, std::span<const KeyFlag> flags) {
  arguments.add("CONFIG", &file_, "a configuration in TOML");
  declare_settings(arguments, flags);
}

void Options::declare_settings(Arguments& arguments, std::span<const KeyFlag> flags) {
  for (const KeyFlag& flag : flags) declare_flag(arguments, flag);
  declare_flag(arguments, seed_flag());
  arguments
      .add("--set", &assignments_,
           "any key of the configuration; may be repeated. hysteron config --keys lists the keys, as "
           "train.learning_rate")
      .one_each()
      .value_name("KEY=VALUE");
  declare_machine(arguments);
}

void Options::declare_machine(Arguments& arguments, std::span<const KeyFlag> flags) {
  for (const KeyFlag& flag : flags) declare_flag(arguments, flag);
  declare_flag(arguments, {"--device", "device"});
  declare_flag(arguments, {"--threads", "threads", "CPU threads", "all"});
  declare_flag(arguments, {"--schedule", "schedule"});
  declare_output(arguments);
}

void Options::declare_output(Arguments& arguments) {
  arguments.add("--json", &json_, "the last line of stdout is one JSON object");
  arguments.add("-q,--quiet", &quiet_, "warnings only");
  arguments.add("-v,--verbose", &verbose_, "every event");
}

Settings Options::settings(Settings settings, const std::function<bool(const std::string&)>& knows) const {
  if (file_.find('=') != std::string::npos && !std::filesystem::exists(file_))
    throw usage_error({.what = "there is no configuration file " + file_,
                       .expected = "a TOML file",
                       .found = "what looks like a setting",
                       .hint = "each setting has its own option: --set " + file_});
  if (!file_.empty()) settings.read_file(file_);
  settings.read_environment(process_environment());
  for (const std::string& assignment : assignments_)
    if (!knows || knows(assignment)) settings.assign(assignment);
  for (const Taken& taken : taken_)
    if (taken.argument->given()) settings.set(taken.flag.key, taken.value(), taken.flag.flag);
  return settings;
}

std::vector<std::string> Options::assignments() const {
  std::vector<std::string> all = assignments_;
  for (const Taken& taken : taken_)
    if (taken.argument->given()) all.push_back(taken.flag.key + "=" + taken.value());
  return all;
}

void Options::expect_no_settings(const std::string& what, std::span<const std::string> but) const {
  const auto allowed = [&](std::string_view key) { return std::ranges::find(but, key) != but.end(); };
  std::string found = file_;
  for (const std::string& assignment : assignments_)
    if (!allowed(assignment.substr(0, assignment.find('=')))) found = "--set " + assignment;
  for (const Taken& taken : taken_)
    if (taken.argument->given() && !allowed(taken.flag.key))
      found = taken.flag.flag + (taken.set ? "" : " " + taken.text);
  if (found.empty()) return;
  throw usage_error({.what = what + " goes on with the settings that it began with",
                     .expected = but.empty() ? "no others with --resume"
                                             : fmt::format("no others with --resume than {}", fmt::join(but, ", ")),
                     .found = found,
                     .hint = "leave it out, or begin anew with another --out"});
}

std::unique_ptr<Journal> Options::journal() const {
  const Verbosity verbosity = quiet_ ? Verbosity::quiet : verbose_ ? Verbosity::verbose : Verbosity::normal;
  auto journal = std::make_unique<Journal>();
  journal->add_listener(std::make_shared<Console>(std::cerr, style_of_standard_error(verbosity)));
  attend_long_work({.stop_requested = stop_requested,
                    .tell = [journal = journal.get()](const std::string& stage, std::int64_t done, std::int64_t total) {
                      journal->progress(stage, done, total, std::numeric_limits<double>::quiet_NaN());
                    }});
  return journal;
}

KeyFlag seed_flag() { return {"--seed", "seed"}; }

std::span<const KeyFlag> model_flags() {
  static const std::array<KeyFlag, 6> flags{{{"--cell", "model.cell"},
                                             {"--units", "model.units"},
                                             {"--layers", "model.layers"},
                                             {"--structure", "model.structure"},
                                             {"--init", "init.name"},
                                             {"--precision", "precision"}}};
  return flags;
}

std::span<const KeyFlag> task_flags() {
  static const std::array<KeyFlag, 15> flags = [] {
    std::array<KeyFlag, 15> all{{{"--task", "task.name"},
                                 {"--data", "task.data", "the folder of a data set"},
                                 {"--inputs", "task.inputs"},
                                 {"--targets", "task.targets"},
                                 {"--lengths", "task.lengths"},
                                 {"--batch-first", "task.batch_first"},
                                 {"--loss", "task.loss"},
                                 {"--at", "task.at"},
                                 {"--replicas", "replicas"}}};
    std::copy(model_flags().begin(), model_flags().end(), all.begin() + 9);
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
