#pragma once
#include <string>

#include <hysteron/sequences.hpp>

#include "command_line/arguments.hpp"

namespace hysteron {

/// Sequences without targets, from the user's own files.
struct InputFiles {
  std::string inputs, lengths;

  /// --inputs, --lengths.
  void declare(Arguments& arguments);
  /// Throws data errors, as read_sequences does.
  Sequences read() const;
};

}  // namespace hysteron
