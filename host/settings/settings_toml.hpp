#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <hysteron/settings.hpp>

namespace hysteron {

/// A key of a TOML text and its value.
struct TomlLeaf {
  std::string key;                    ///< "task.steps"
  std::optional<SettingValue> value;  ///< none: a type that no setting has
  std::string kind, text;             ///< "a string", and the value as a message shows it
  int line = 0;
};

struct TomlSection {
  std::string name;
  int line = 0;
};

/// Throws a usage error with the position when the text is not TOML.
void visit_toml(std::string_view text, const std::string& name, const std::function<void(TomlLeaf)>& leaf,
                const std::function<void(TomlSection)>& section);

}  // namespace hysteron
