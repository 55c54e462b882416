#pragma once
#include <span>
#include <string>

#include <hysteron/io.hpp>
#include <hysteron/journal.hpp>
#include <hysteron/settings.hpp>

#include "command_line/arguments.hpp"

namespace hysteron {

/// Sequences without targets, from the user's own files.
struct InputFiles {
  std::string inputs, lengths;

  /// --inputs, --lengths, --batch-first.
  void declare(Arguments& arguments);
  Axes axes() const { return batch_first_ ? Axes::batch_first : Axes::steps_first; }
  /// Throws data errors, as read_sequences does.
  Sequences read() const;
  /// Values [steps, batch, width] as an array whose first two axes are in the order of the inputs'.
  template <class Real>
  Array laid_out(const Sequences& sequences, std::int64_t width, const std::vector<Real>& values) const;

 private:
  bool batch_first_ = false;
};

/// The same files as keys of the settings: task.inputs, task.lengths, task.batch_first, described as the task arrays
/// does.
void declare_sequence_files(Settings& settings);
SequenceFiles sequence_files_of(const Settings& settings);

/// Says what was read from a file: "X.npy: 100 sequences of 30 steps, 3 inputs".
void say_taken(Journal& journal, const std::string& file, const Sequences& sequences);

}  // namespace hysteron
