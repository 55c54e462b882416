#include "command_line/input_files.hpp"

#include <hysteron/io.hpp>

namespace hysteron {

void InputFiles::declare(Arguments& arguments) {
  arguments.add("--inputs", &inputs, "sequences X.npy [steps, batch, inputs]").value_name("FILE");
  arguments.add("--lengths", &lengths, "lengths L.npy [batch]")
      .needs("--inputs")
      .value_name("FILE")
      .otherwise("every sequence has every step");
}

Sequences InputFiles::read() const { return read_sequences({.inputs = inputs, .lengths = lengths}); }

}  // namespace hysteron
