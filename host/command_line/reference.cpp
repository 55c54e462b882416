#include "command_line/reference.hpp"

#include <fmt/format.h>

#include <hysteron/version.hpp>

#include "command_line/help_text.hpp"
#include "runs/every_key.hpp"
#include "settings/setting_value.hpp"

namespace hysteron {
namespace {

struct ExitCode {
  const char *code, *meaning;
};

constexpr ExitCode exit_codes[] = {{"0", "done"},
                                   {"1", "a defect of hysteron, or a self-test that fails"},
                                   {"2", "usage: the command line or the configuration is wrong"},
                                   {"3", "data: a file is missing, damaged or not what it should be"},
                                   {"4", "a device that cannot be used, or not enough memory"},
                                   {"5", "a number that is not finite"},
                                   {"75", "stopped on request, with a checkpoint to go on from"},
                                   {"130, 143", "ended at once by a second signal"}};

/// As troff takes it: what it would read as a request, an escape or a hyphen is none.
std::string roff(const std::string& text) {
  std::string escaped;
  bool line_begins = true;
  for (const char letter : text) {
    if (line_begins && (letter == '.' || letter == '\'')) escaped += "\\&";
    if (letter == '\\')
      escaped += "\\e";
    else
      escaped += letter == '-' ? "\\-" : std::string(1, letter);
    line_begins = letter == '\n';
  }
  return escaped;
}

std::string tagged_paragraph(const std::string& tag, const std::string& text) {
  return fmt::format(".TP\n\\fB{}\\fR\n{}\n", roff(tag), roff(text));
}

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
  text += "\n## Exit codes\n\n| code | meaning |\n|---|---|\n";
  for (const ExitCode& one : exit_codes) text += row({one.code, one.meaning});
  return text;
}

std::string manual_page(const Verbs& verbs) {
  std::string text = fmt::format(
      ".TH HYSTERON 1 \"\" \"hysteron {}\"\n.SH NAME\nhysteron \\- recurrent networks with a long memory before their "
      "first training step\n.SH SYNOPSIS\n\\fBhysteron\\fR VERB [OPTIONS]\n.SH VERBS\n",
      version);
  for (const auto& command : verbs.all()) {
    Arguments arguments(fmt::format("{}", fmt::join(command->words(), " ")));
    command->declare(arguments);
    text +=
        fmt::format(".SS {}\n{}\n.PP\n{}\n.PP\n.nf\n{}\n.fi\n", roff("hysteron " + arguments.verb()),
                    roff(filled(command->description(), 0, 78)), roff(usage_of(arguments)), roff(command->example()));
    for (const Argument& argument : arguments.all()) text += tagged_paragraph(argument.usage(), argument.description());
  }
  text += ".SH EXIT STATUS\n";
  for (const ExitCode& one : exit_codes) text += tagged_paragraph(one.code, one.meaning);
  return text;
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
