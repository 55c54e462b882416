#pragma once
#include <chrono>
#include <filesystem>
#include <functional>
#include <list>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <hysteron/journal.hpp>
#include <hysteron/settings.hpp>

#include "command_line/arguments.hpp"
#include "files/json.hpp"

namespace hysteron {

/// A command-line flag that sets a key: --units is model.units. Help describes it as the key's declaration does, unless
/// a description, or what applies without the flag, is given here.
struct KeyFlag {
  std::string flag, key, description = {}, otherwise = {};
};

/// The options that every verb understands: which settings are given, and how much is printed. It declares itself among
/// the options of a verb.
class Options {
 public:
  /// CONFIG, the flags given, --device, --threads, --schedule, --seed, --set, --json, -q, -v.
  void declare(Arguments& arguments, std::span<const KeyFlag> flags);
  /// The same without CONFIG.
  void declare_settings(Arguments& arguments, std::span<const KeyFlag> flags);
  /// For a verb that takes no configuration: the flags given, --device, --threads, --schedule, --json, -q, -v.
  void declare_machine(Arguments& arguments, std::span<const KeyFlag> flags = {});

  /// For a verb that computes nothing: --json, -q, -v.
  void declare_output(Arguments& arguments);

  /// Takes in the file, the environment, --set and the flags, in that order of precedence, on top of what is given.
  /// knows: of an assignment, "init.steps=5", whether this run takes it; none: every one.
  Settings settings(Settings settings = {}, const std::function<bool(const std::string&)>& knows = nullptr) const;

  /// Throws a usage error if any settings are given but those of `but`, since a run that goes on has its own (`what`:
  /// "a run").
  void expect_no_settings(const std::string& what, std::span<const std::string> but = {}) const;

  /// A journal that the console listens to, as loud as -q and -v say.
  std::unique_ptr<Journal> journal() const;

  /// The settings from --set and the flags, in the form that --set takes.
  std::vector<std::string> assignments() const;

  bool json() const { return json_; }

 private:
  struct Taken {
    KeyFlag flag = {};
    std::string text = {};
    bool set = false;  ///< of a key that is true or false, which its flag makes true
    const Argument* argument = nullptr;

    std::string value() const { return set ? "true" : text; }
  };

  void declare_flag(Arguments& arguments, const KeyFlag& flag);

  std::string file_;
  std::vector<std::string> assignments_;
  std::list<Taken> taken_;  // addresses stay valid
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

/// A verb's result with the keys that all results have: run (null: it makes no run folder), .., seconds, device, seed
/// (null: it draws nothing).
Json complete_result(Json result, const Stopwatch& watch, const std::string& device, Json seed);

}  // namespace hysteron
