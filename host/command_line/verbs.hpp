#pragma once
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "command_line/command.hpp"

namespace hysteron {

/// Every command that is linked in, by its words: vaa is a verb of measure.
class Verbs {
 public:
  Verbs();

  /// Runs what a command line says: its first word is the program's name. Returns the exit code; throws Error.
  int run(const std::vector<std::string>& line);

  /// What help says about the program (no words), a group of verbs, or a verb. Throws a usage error for others.
  std::string help(const std::vector<std::string>& words) const;

  const std::vector<std::unique_ptr<Command>>& all() const { return commands_; }

 private:
  // The command whose words are the first of these, or none if they name a group. Throws if they are neither.
  Command* find(const std::vector<std::string>& words) const;
  // The commands whose words begin with these, and the words that may come next.
  std::vector<const Command*> below(std::span<const std::string> words) const;
  std::vector<std::string> next_words(std::span<const std::string> words) const;

  std::vector<std::unique_ptr<Command>> commands_;
};

}  // namespace hysteron
