#include "command_line/verbs.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <system_error>

#include <fmt/format.h>

#include <hysteron/backend.hpp>
#include <hysteron/error.hpp>
#include <hysteron/registry.hpp>
#include <hysteron/version.hpp>

#include "command_line/help_text.hpp"
#include "command_line/standard_streams.hpp"
#include "foundation/printable.hpp"
#include "runs/every_key.hpp"

namespace hysteron {
namespace {

std::string version_text() {
  std::string text = fmt::format("hysteron {} ({}, {})\n", version, compiler, build_type);
  for (const BackendKind& kind : backend_kinds()) {
    const std::string against = kind.reason_against();
    text += fmt::format("  {}: {}\n", kind.name, against.empty() ? "usable" : "not usable: " + against);
    for (const BackendDevice& device : kind.devices())
      text += fmt::format("    {} {}{}\n", device.name, device.description,
                          device.reason_against.empty() ? "" : ": not usable: " + device.reason_against);
  }
  return text;
}

bool begins(const std::vector<std::string>& words, std::span<const std::string> with) {
  return words.size() >= with.size() && std::equal(with.begin(), with.end(), words.begin());
}

int flushed(int code) {
  if (std::fflush(stdout) != 0 || std::ferror(stdout))
    throw data_error(
        {.what = "cannot write the results to standard output", .found = std::generic_category().message(errno)});
  return code;
}

/// A variable that nothing reads is probably misspelled; it may as well be meant for another version, so nothing ends.
void warn_of_unknown_variables() {
  std::vector<std::string> known{"HYSTERON_DATA", "HYSTERON_CPU_LEVEL", "HYSTERON_SELF_TEST",
                                 "HYSTERON_CUDA_LIBRARIES"};
  for (const ForeignKey& key : foreign_keys()) known.push_back(environment_name(key.key));
  for (const std::string& entry : process_environment()) {
    const std::string name = entry.substr(0, entry.find('='));
    if (!name.starts_with("HYSTERON_") || std::find(known.begin(), known.end(), name) != known.end()) continue;
    const std::string near = nearest_name(name, known);
    tell(fmt::format("warning: the variable {} of the environment is not known, and not used{}\n", printable(name),
                     near.empty() ? "" : fmt::format("; did you mean {}?", near)));
  }
}

}  // namespace

Verbs::Verbs() {
  for (const std::string& name : Registry<Command>::names()) commands_.push_back(Registry<Command>::make(name));
}

std::vector<const Command*> Verbs::below(std::span<const std::string> words) const {
  std::vector<const Command*> some;
  for (const auto& command : commands_)
    if (begins(command->words(), words)) some.push_back(command.get());
  return some;
}

std::vector<std::string> Verbs::next_words(std::span<const std::string> words) const {
  std::vector<std::string> next;
  for (const Command* command : below(words))
    if (const std::string word = command->words()[words.size()]; next.empty() || next.back() != word)
      next.push_back(word);
  return next;
}

Command* Verbs::find(const std::vector<std::string>& words) const {
  for (std::size_t depth = 0;; ++depth) {
    const std::span<const std::string> before(words.data(), depth);
    for (const auto& command : commands_)
      if (begins(command->words(), before) && command->words().size() == depth) return command.get();
    if (depth == words.size()) return nullptr;
    const std::vector<std::string> known = next_words(before);
    if (std::find(known.begin(), known.end(), words[depth]) == known.end())
      throw unknown_name("verb", words[depth], known);
  }
}

std::string Verbs::help(const std::vector<std::string>& words) const {
  Command* const command = find(words);
  if (command) {
    if (words.size() > command->words().size())
      throw usage_error({.what = fmt::format("hysteron {} has no verbs", fmt::join(command->words(), " ")),
                         .found = fmt::format("\"{}\"", words[command->words().size()])});
    return help_of_verb(*command);
  }
  return words.empty() ? help_of_program(below({})) : help_of_group(words, below(words));
}

int Verbs::run(const std::vector<std::string>& line) {
  std::vector<std::string> words(line.begin() + (line.empty() ? 0 : 1), line.end()), verb;
  if (!words.empty() && words.front() == "version") words.front() = "--version";
  const auto asks = [](const std::string& word) { return word == "--help" || word == "-h"; };
  for (const std::string& word : words) {
    if (word.starts_with('-')) break;
    verb.push_back(word);
  }
  Command* const command = find(verb);
  if (std::any_of(words.begin(), std::find(words.begin(), words.end(), "--"), asks)) {
    fmt::print("{}", help(command ? command->words() : verb));
    return flushed(0);
  }
  if (command) {
    const std::vector<std::string> called = command->words();
    Arguments arguments(fmt::format("{}", fmt::join(called, " ")));
    command->declare(arguments);
    warn_of_unknown_variables();
    arguments.parse({words.begin() + static_cast<std::ptrdiff_t>(called.size()), words.end()});
    return flushed(command->run(line));
  }
  if (verb.empty() && !words.empty()) {
    if (words.front() != "--version")
      throw unknown_name("option", words.front(), std::vector<std::string>{"--help", "--version"});
    fmt::print("{}", version_text());
    return flushed(0);
  }
  throw usage_error({.what = fmt::format("a verb is missing after \"{}\"", verb.empty() ? "hysteron" : verb.back()),
                     .expected = fmt::format("one of: {}", fmt::join(next_words(verb), ", ")),
                     .hint = "hysteron --help shows what they do"});
}

}  // namespace hysteron
