#include "command_line/help_text.hpp"

#include <sstream>

#include <fmt/format.h>

namespace hysteron {
namespace {

constexpr std::size_t help_column = 26;

// "  --units N               of each layer"; a long name has a line of its own.
std::string entry(const std::string& name, const std::string& description) {
  std::string line = "  " + name;
  const bool fits = line.size() + 2 <= help_column;
  line += fits ? std::string(help_column - line.size(), ' ') : "\n" + std::string(help_column, ' ');
  return line + filled(description, help_column, 80 - help_column) + "\n";
}

std::string list_of(const std::vector<const Command*>& commands) {
  std::string text;
  for (const Command* command : commands)
    text += entry(fmt::format("{}", fmt::join(command->words(), " ")), command->summary());
  return text;
}

std::string examples_of(const Command& command) {
  std::string text = "Example:\n";
  std::istringstream lines(command.example());
  for (std::string line; std::getline(lines, line);) text += "  " + line + "\n";
  return text;
}

}  // namespace

std::string filled(std::string_view text, std::size_t indent, std::size_t width) {
  std::string lines;
  std::size_t column = 0;
  const auto end_line = [&] { lines += "\n" + std::string(indent, ' '), column = 0; };
  int breaks = 0;
  std::string word;
  const auto take_word = [&] {
    if (word.empty()) return;
    if (breaks > 1 && !lines.empty()) lines += "\n", end_line();
    if (column > 0 && column + 1 + word.size() > width) end_line();
    if (column > 0) lines += ' ', ++column;
    lines += word;
    column += word.size();
    word.clear();
    breaks = 0;
  };
  for (const char letter : text) {
    if (letter != ' ' && letter != '\n') {
      word += letter;
      continue;
    }
    take_word();
    breaks += letter == '\n' ? 1 : 0;
  }
  take_word();
  return lines;
}

std::string usage_of(const Arguments& arguments) {
  std::string text = "hysteron " + arguments.verb();
  for (const Argument& argument : arguments.all()) {
    if (!argument.positional() && !argument.is_required()) continue;
    text += argument.is_required() ? " " + argument.usage() : " [" + argument.usage() + "]";
  }
  return text + " [OPTIONS]";
}

std::string help_of_verb(Command& command) {
  Arguments arguments(fmt::format("{}", fmt::join(command.words(), " ")));
  command.declare(arguments);
  std::string text = fmt::format("{}\n{}\n\n{}\n\n", examples_of(command), filled(command.description()),
                                 filled(usage_of(arguments), 4));
  for (const Argument& argument : arguments.all()) text += entry(argument.usage(), argument.description());
  return text;
}

std::string help_of_group(const std::vector<std::string>& words, const std::vector<const Command*>& commands) {
  const std::string name = fmt::format("hysteron {}", fmt::join(words, " "));
  return fmt::format("{} VERB [OPTIONS]\n\n{}\nhysteron help {} VERB shows the options of a verb.\n", name,
                     list_of(commands), fmt::join(words, " "));
}

std::string help_of_program(const std::vector<const Command*>& commands) {
  return fmt::format(
      "Recurrent networks with a long memory before their first training step.\n\n"
      "To begin with:\n{}{}{}\n"
      "hysteron VERB [OPTIONS]\n{}\n"
      "hysteron help VERB shows the options of a verb, hysteron --version this build\nand its devices.\n",
      entry("hysteron demo", "what a warm-up does, in about a minute: a table and a page"),
      entry("hysteron train --task copy_first_input --init warm_up --out runs/first",
            "networks of your choice; what they learned is in the folder runs/first"),
      entry("hysteron help train", "the available tasks, cells and starts, and every option"), list_of(commands));
}

}  // namespace hysteron
