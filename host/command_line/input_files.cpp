#include "command_line/input_files.hpp"

#include <algorithm>

#include "runs/every_key.hpp"

namespace hysteron {

void InputFiles::declare(Arguments& arguments) {
  arguments.add("--inputs", &inputs, "sequences X.npy [steps, batch, inputs]").value_name("FILE");
  arguments.add("--lengths", &lengths, "lengths L.npy [batch]")
      .needs("--inputs")
      .value_name("FILE")
      .otherwise("every sequence has every step");
  arguments.add("--batch-first", &batch_first_, "arrays of sequences are [batch, steps, ...], read and written")
      .needs("--inputs");
}

Sequences InputFiles::read() const { return read_sequences({.inputs = inputs, .lengths = lengths, .axes = axes()}); }

template <class Real>
Array InputFiles::laid_out(const Sequences& sequences, std::int64_t width, const std::vector<Real>& values) const {
  const std::int64_t steps = sequences.total_steps(), count = sequences.count;
  if (!batch_first_) return make_array({steps, count, width}, values);
  std::vector<Real> turned(values.size());
  for (std::int64_t step = 0; step < steps; ++step)
    for (std::int64_t sequence = 0; sequence < count; ++sequence)
      std::copy_n(values.begin() + (step * count + sequence) * width, width,
                  turned.begin() + (sequence * steps + step) * width);
  return make_array({count, steps, width}, turned);
}

template Array InputFiles::laid_out(const Sequences&, std::int64_t, const std::vector<float>&) const;
template Array InputFiles::laid_out(const Sequences&, std::int64_t, const std::vector<double>&) const;

void declare_sequence_files(Settings& settings) {
  for (const char* const key : {"task.inputs", "task.lengths"}) settings.declare(key, "", key_named(key).description);
  settings.declare("task.batch_first", false, key_named("task.batch_first").description);
}

SequenceFiles sequence_files_of(const Settings& settings) {
  return {.inputs = settings.text("task.inputs"),
          .lengths = settings.text("task.lengths"),
          .axes = settings.flag("task.batch_first") ? Axes::batch_first : Axes::steps_first};
}

void say_taken(Journal& journal, const std::string& file, const Sequences& sequences) {
  journal.message(file + ": " + sequences_text(sequences));
}

}  // namespace hysteron
