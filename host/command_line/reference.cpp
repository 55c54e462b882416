#include "command_line/reference.hpp"

#include <fmt/format.h>

#include "command_line/help_text.hpp"
#include "runs/every_key.hpp"
#include "settings/setting_value.hpp"

namespace hysteron {
namespace {

constexpr const char* exit_codes =
    R"(## Exit codes

| code | meaning |
|---|---|
| 0 | done |
| 1 | a defect of hysteron, or a self-test that fails |
| 2 | usage: the command line or the configuration is wrong |
| 3 | data: a file is missing, damaged or not what it should be |
| 4 | a device that cannot be used, or not enough memory |
| 5 | a number that is not finite |
| 75 | stopped on request, with a checkpoint to go on from |
| 130, 143 | ended at once by a second signal |
)";

// In a table, a bar would end the cell.
std::string cell_text(const std::string& text) {
  std::string escaped;
  for (const char letter : text) escaped += letter == '|' ? "\\|" : std::string(1, letter);
  return escaped;
}

std::string row(std::initializer_list<std::string> cells) {
  std::string line = "|";
  for (const std::string& cell : cells) line += " " + cell_text(cell) + " |";
  return line + "\n";
}

std::string limits_of(const SettingKey& key) {
  if (key.limits.choices.empty()) return expectation(key.initial, key.limits);
  return fmt::format("`{}`", fmt::join(key.limits.choices, "`, `"));
}

}  // namespace

std::string reference_of(const Verbs& verbs) {
  std::string text = "# Verbs\n";
  for (const auto& command : verbs.all()) {
    Arguments arguments(fmt::format("{}", fmt::join(command->words(), " ")));
    command->declare(arguments);
    text += fmt::format("\n## hysteron {}\n\n{}\n\n```\n{}\n```\n\n{}\n\n`{}`\n\n| option | |\n|---|---|\n",
                        arguments.verb(), filled(command->summary(), 0, 120), command->example(),
                        filled(command->description(), 0, 120), usage_of(arguments));
    for (const Argument& argument : arguments.all())
      text += row({"`" + argument.usage() + "`", argument.description()});
  }
  return text + "\n" + exit_codes;
}

std::string reference_of_keys() {
  std::string text = "# Keys of a configuration\n";
  for (const KeyGroup& group : every_key()) {
    text += fmt::format("\n## {}\n\n| key | default | may be | |\n|---|---|---|---|\n", group.title);
    for (const SettingKey& key : group.keys)
      text += row({"`" + key.name + "`", "`" + toml_of(key.initial) + "`", limits_of(key), key.description});
  }
  return text;
}

}  // namespace hysteron
