#pragma once
#include <list>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace hysteron {

/// One option of a verb, an argument without a name, or a flag.
class Argument {
 public:
  /// Where the value goes, and what kind of value it is. A bool is a flag; a list takes one or more values each time.
  using Target = std::variant<bool*, int*, double*, std::string*, std::optional<int>*, std::optional<double>*,
                              std::vector<std::string>*>;

  Argument(const std::string& names, Target target, std::string description);

  Argument& required();
  Argument& needs(std::string other);                   ///< may only be given with `other`
  Argument& excludes(std::vector<std::string> others);  ///< may not be given with any of them
  Argument& range(double least, double most);
  Argument& choices(std::vector<std::string> names);  ///< an unknown one is answered with the nearest
  Argument& otherwise(std::string text);  ///< what help says applies without it: "all", "the first run's folder"
  Argument& known_values(std::vector<std::string> names);  ///< what a shell offers, where others are checked elsewhere
  Argument& one_each();                    ///< of a list: one value each time it is given, not all that follow
  Argument& value_name(std::string name);  ///< what help calls the value: FILE

  bool given() const { return times_ > 0; }

  const std::string& name() const { return names_.back(); }  ///< the long one: "--quiet", "RUN"
  const std::vector<std::string>& names() const { return names_; }
  bool positional() const { return !names_.front().starts_with('-'); }
  bool flag() const { return std::holds_alternative<bool*>(target_); }
  bool list() const { return std::holds_alternative<std::vector<std::string>*>(target_); }
  bool is_required() const { return required_; }
  /// Those that a shell offers: the choices, or the known values; empty: any.
  const std::vector<std::string>& values() const { return choices_.empty() ? known_values_ : choices_; }
  std::string usage() const;        ///< "-q, --quiet", "--units N", "RUN..."
  std::string description() const;  ///< with choices, limits and the default

 private:
  friend class Arguments;

  void take(const std::vector<std::string>& values);
  template <class Number>
  Number number_in(const std::string& text) const;
  std::string limits() const;

  std::vector<std::string> names_;
  Target target_;
  std::string description_, default_, value_name_, needs_;
  std::vector<std::string> excludes_, choices_, known_values_;
  std::optional<double> least_, most_;
  bool required_ = false, one_each_ = false;
  int times_ = 0;
};

/// What a verb takes from the command line. Each argument is bound to a variable of the verb, which keeps its value if
/// nothing is given; that value is the default that help shows.
class Arguments {
 public:
  explicit Arguments(std::string verb) : verb_(std::move(verb)) {}  ///< "measure vaa", for messages
  Arguments(const Arguments&) = delete;
  Arguments& operator=(const Arguments&) = delete;

  /// names: "--units", "-q,--quiet", or "RUN" for an argument without a name. The target must outlive parse().
  Argument& add(const std::string& names, Argument::Target target, std::string description);
  /// One of the arguments added before, to say more about it.
  Argument& at(const std::string& name);

  /// Takes the words after the verb. Throws usage errors that say what is wrong and name the nearest known option.
  void parse(const std::vector<std::string>& words);

  const std::string& verb() const { return verb_; }
  const std::list<Argument>& all() const { return all_; }

 private:
  Argument& option_named(const std::string& name);
  void take_positional(const std::vector<std::string>& words);
  void expect_consistent() const;

  std::string verb_;
  std::list<Argument> all_;  // addresses stay valid
};

}  // namespace hysteron
