#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <hysteron/error.hpp>

namespace hysteron {

/// A literal keeps its type: 32 is an integer, 1e-3 a real number, "gru" a text, true a flag.
using SettingValue = std::variant<bool, std::int64_t, double, std::string, std::vector<double>>;

/// A key and its value.
struct Assignment {
  std::string key = {};
  SettingValue value = {};
  bool operator==(const Assignment&) const = default;
};

/// The values that a setting may take; for a list, every number in it.
struct SettingLimits {
  double least = -std::numeric_limits<double>::infinity(), most = std::numeric_limits<double>::infinity();
  bool least_excluded = false, most_excluded = false;
  std::vector<std::string> choices = {};  ///< of a text; empty: any
};

/// [least, most]
template <class Least, class Most>
SettingLimits range(Least least, Most most) {
  return {.least = static_cast<double>(least), .most = static_cast<double>(most), .choices = {}};
}
SettingLimits at_least(double least);                  ///< [least, infinity)
SettingLimits above(double least);                     ///< (least, infinity)
SettingLimits fraction_below_one();                    ///< [0, 1)
SettingLimits one_of(std::vector<std::string> names);  ///< an unknown one is answered with the nearest

/// A known key, as it was declared.
struct SettingKey {
  std::string name;  ///< "train.batch"
  SettingValue initial;
  std::string description;
  SettingLimits limits;
};

/// A key that other configurations have: "init.steps", and whose it is: "the initializer warm_up".
struct ForeignKey {
  std::string key, owner;
};

/// Typed settings by name ("train.batch"). A value comes, in rising precedence, from: the default, a TOML file, the
/// environment (HYSTERON_TRAIN_BATCH), the command line.
///
/// The known keys are those that are declared; a member of a family declares its own once it is chosen. So everything
/// given is taken in first, then keys are declared and read, and finish() rejects whatever was given and never
/// declared. Every rejection is a usage error that names the key and where it was set ("in exp.toml, line 12").
class Settings {
 public:
  // What is given. A later call of the same rank wins.
  void read_file(const std::filesystem::path& path);
  void read_toml(std::string_view text, const std::string& name);
  /// Like reading a file with these assignments. name: what messages call it, "the arm T50-gru-classic".
  void read_values(std::span<const Assignment> values, const std::string& name);
  /// "HYSTERON_TASK_STEPS=100" sets task.steps: the case of letters and the difference between dot and underscore do
  /// not count. Entries with other names are ignored. HYSTERON_DATA says where data sets are; it need not be declared.
  void read_environment(std::span<const std::string> entries);
  /// --set: "train.batch=64". The declaration decides a value's type: texts need no quotes, lists are [1, 2] or 1,2.
  void assign(std::string_view assignment);
  /// A flag of the command line: set("seed", "3", "--seed").
  void set(std::string key, std::string text, const std::string& flag);

  /// Whether anything gives this key, declared or not.
  bool mentions(const std::string& key) const;

  // What is known.
  /// Takes the value given, if any, and checks it. An integer setting takes no 1e3, a real one takes integers.
  void declare(const std::string& key, SettingValue initial, std::string description, SettingLimits limits = {});
  /// Replaces the value of a declared key by what it comes to, which is what to_toml then writes.
  void resolve(const std::string& key, SettingValue value);
  bool declared(const std::string& key) const { return known_.contains(key); }

  /// All declared settings, in the order of their declarations.
  std::vector<SettingKey> keys() const;

  // What is set. Asking for an undeclared key, or for another type, is a defect.
  bool flag(const std::string& key) const;
  std::int64_t integer(const std::string& key) const;
  double number(const std::string& key) const;  ///< of a setting declared with a real number
  const std::string& text(const std::string& key) const;
  const std::vector<double>& numbers(const std::string& key) const;
  std::vector<Assignment> section(std::string_view name) const;  ///< every known key of "task", in their order

  bool given(const std::string& key) const;  ///< false: the default stands
  std::string origin(
      const std::string& key) const;  ///< "by default", "in exp.toml, line 12", "in --set", "in HYSTERON_SEED"
  /// The usage error for a value that does not fit the others: `throw settings.unsuitable("task.train", "...", "...")`.
  Error unsuitable(const std::string& key, std::string expected, std::string hint = "") const;

  /// Throws a usage error for the first key that was given but is not known, with the nearest known one. Keys of
  /// `foreign` (asked for only when there are unknown ones) are passed over where they come from a file or the
  /// environment, which may serve several configurations; the lines returned say so. Given on the command line, they
  /// are an error that names their owner. Unknown variables of the environment are no error.
  std::vector<std::string> finish(const std::function<std::vector<ForeignKey>()>& foreign = nullptr) const;

  /// Every known key with its value and description, as a configuration that gives the same settings again, in the
  /// order of the declarations, section by section.
  std::string to_toml() const;

 private:
  enum class Rank { file, environment, command_line };
  struct Given {
    std::optional<SettingValue> value;  ///< from a file, where it has a type
    std::string text;                   ///< as written
    std::string kind;                   ///< from a file: "a string", "a date"
    std::string origin;
    Rank rank = Rank::file;
  };
  struct Known {
    SettingKey key;
    SettingValue value;
    std::string origin;
    bool given = false;
  };

  void take(std::map<std::string, Given>& to, std::string key, Given given);
  const Known& at(const std::string& key) const;

  std::map<std::string, Given> given_;           ///< by key
  std::map<std::string, Given> environment_;     ///< by name, HYSTERON_TASK_STEPS
  std::map<std::string, std::string> sections_;  ///< of files, with their origin
  std::map<std::string, Known> known_;
  std::vector<std::string> order_;
};

/// The variable that sets a key: HYSTERON_TASK_STEPS.
std::string environment_name(const std::string& key);

/// The entries "NAME=value" of this process.
std::vector<std::string> process_environment();

}  // namespace hysteron
