#pragma once
#include <chrono>
#include <filesystem>
#include <functional>
#include <list>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include <hysteron/journal.hpp>
#include <hysteron/settings.hpp>

#include "files/json.hpp"

namespace hysteron {

/// A flag of the command line that sets a key: --units is model.units.
struct KeyFlag {
  std::string flag, key, description;
};

/// What every verb understands: which settings are given, and how much is said. Declares itself on a verb's options.
class Options {
 public:
  /// CONFIG, --set, --device, --seed, --threads, --json, -q, -v and the flags given.
  void declare(CLI::App& app, std::span<const KeyFlag> flags);
  /// The same without CONFIG.
  void declare_settings(CLI::App& app, std::span<const KeyFlag> flags);
  /// Of a verb that takes no configuration: --device, --threads, --json, -q, -v and the flags given.
  void declare_machine(CLI::App& app, std::span<const KeyFlag> flags = {});

  /// Of a verb that computes nothing: --json, -q, -v.
  void declare_output(CLI::App& app);

  /// Takes in the file, the environment, --set and the flags, in that order of precedence.
  Settings settings() const;

  /// Throws a usage error when any settings are given: what goes on (words: "a run") has its own.
  void expect_no_settings(const std::string& what) const;

  /// A journal that the console listens to, as loud as -q and -v say.
  std::unique_ptr<Journal> journal() const;

  /// What --set and the flags give, as --set takes it.
  std::vector<std::string> assignments() const;

  bool json() const { return json_; }

 private:
  struct Taken {
    KeyFlag flag;
    std::string text;
    CLI::Option* option = nullptr;
  };

  void declare_flag(CLI::App& app, const KeyFlag& flag);

  std::string file_;
  std::vector<std::string> assignments_;
  std::list<Taken> taken_;  // CLI11 keeps the addresses
  bool json_ = false, quiet_ = false, verbose_ = false;
};

/// --seed, for the verbs that draw.
KeyFlag seed_flag();

/// The flags of `train`, and those of them that `prepare` has too.
std::span<const KeyFlag> model_flags();
std::span<const KeyFlag> task_flags();

/// Seconds since it was made.
class Stopwatch {
 public:
  double seconds() const;

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// A verb's result with the keys that all have: run (null: it makes no run folder), .., seconds, device, seed (null: it
/// draws nothing).
Json complete_result(Json result, const Stopwatch& watch, const std::string& device, Json seed);

}  // namespace hysteron
