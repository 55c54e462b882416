#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <hysteron/error.hpp>

namespace hysteron {

/// The members of a family (tasks, initializers, commands), by name. A file in the family's folder is a member: it
/// registers itself with a Registration at namespace scope, and no other file changes.
/// Made::noun is what a message calls a member: "task".
template <class Made>
class Registry {
 public:
  using Factory = std::function<std::unique_ptr<Made>()>;

  /// Throws a defect when the name is taken.
  static void add(std::string name, Factory factory) {
    if (const auto [place, fresh] = factories().emplace(name, std::move(factory)); !fresh)
      throw defect({.what = "two " + std::string(Made::noun) + "s are named \"" + name + "\""});
  }

  /// All of them, in alphabetical order.
  static std::vector<std::string> names() {
    std::vector<std::string> all;
    for (const auto& [name, factory] : factories()) all.push_back(name);
    return all;
  }

  /// Throws a usage error that lists the known names and suggests the nearest.
  static std::unique_ptr<Made> make(std::string_view name) {
    const auto found = factories().find(name);
    if (found == factories().end()) throw unknown_name(Made::noun, name, names());
    return found->second();
  }

 private:
  // Inside a function, since members register themselves before main in any order.
  static std::map<std::string, Factory, std::less<>>& factories() {
    static std::map<std::string, Factory, std::less<>> all;
    return all;
  }
};

/// `const Registration<Task> registration("copy_first_input", [] { return std::make_unique<CopyFirstInput>(); });`
template <class Made>
struct Registration {
  Registration(std::string name, typename Registry<Made>::Factory factory) {
    Registry<Made>::add(std::move(name), std::move(factory));
  }
};

}  // namespace hysteron
