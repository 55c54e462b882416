#pragma once
#include <string>

#include <hysteron/journal.hpp>
#include <hysteron/sequences.hpp>
#include <hysteron/settings.hpp>

#include "command_line/arguments.hpp"

namespace hysteron {

/// The training sequences of a data set, for the verbs that look at sequences and train nothing.
struct TaskSequences {
  std::string data, variant;  ///< "mnist" and "permuted", or the name of a task; empty: none is asked for
  int limit = 0;              ///< the first so many; 0: all

  /// --data, --variant, --limit.
  void declare(Arguments& arguments);
  /// Declares the task's keys, refuses unknown ones, reads, and says what. Throws usage and data errors.
  Sequences read(Settings& settings, Journal& journal) const;
  /// The first `limit` of sequences that come from elsewhere.
  Sequences first(Sequences sequences) const;

 private:
  std::string task() const;
};

}  // namespace hysteron
