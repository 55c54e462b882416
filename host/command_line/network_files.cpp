#include "command_line/network_files.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace hysteron {

void ModelOptions::declare(Arguments& arguments) {
  arguments.add("--nonlinearity", &nonlinearity_, "of an nn.RNN (--cell elman), whose tensors do not tell it")
      .needs("--model")
      .choices({"tanh", "relu"})
      .value_name("NAME")
      .otherwise("tanh, and that is said");
  arguments.add("--recurrent", &recurrent_, "of several recurrent networks in the file, the one of this name")
      .needs("--model")
      .value_name("NAME")
      .otherwise("the only one");
  arguments.add("--readout", &readout_, "the linear layer that is the read-out, or none")
      .needs("--model")
      .value_name("NAME")
      .otherwise("the only one that can be it");
  arguments.add("--no-bias", &no_bias_, "biases that the file lacks (bias=False) are zeros").needs("--model");
}

StoredModel ModelOptions::read(const std::string& file, const std::string& cell) const {
  return read_model(file, {.cell = cell,
                           .nonlinearity = nonlinearity_,
                           .recurrent = recurrent_,
                           .readout = readout_,
                           .biases = no_bias_ ? MissingBiases::zeros : MissingBiases::refused});
}

void ModelOptions::put(Settings& settings) const {
  const auto set = [&](const char* key, const std::string& value, const char* flag) {
    if (!value.empty()) settings.set(key, value, flag);
  };
  set("model.nonlinearity", nonlinearity_, "--nonlinearity");
  set("model.recurrent", recurrent_, "--recurrent");
  set("model.readout", readout_, "--readout");
  set("model.no_bias", no_bias_ ? "true" : "", "--no-bias");
}

void say_taken(Journal& journal, const std::string& file, const StoredModel& stored) {
  if (!stored.taken.empty()) journal.message(file + ": " + stored.taken);
}

void NetworkFiles::say_taken(Journal& journal, const StoredModel& stored, const Sequences& read) const {
  hysteron::say_taken(journal, model, stored);
  if (!sequences.inputs.empty()) hysteron::say_taken(journal, sequences.inputs, read);
  if (stored.is_double()) return;
  if (const std::string lost = lost_to_rounding(read); !lost.empty()) journal.warning(sequences.inputs + ": " + lost);
}

void NetworkFiles::declare(Arguments& arguments) {
  arguments.add("--model", &model, "the network, a safetensors file of ours or of PyTorch").value_name("FILE");
  arguments.add("--cell", &cell, "its cell").value_name("NAME").otherwise("as the file says");
  options.declare(arguments);
  sequences.declare(arguments);
}

void expect_inputs(const StoredModel& stored, const Sequences& sequences, const std::string& file) {
  if (sequences.features == stored.shape.inputs) return;
  throw data_error(
      {.what = fmt::format("the inputs {} do not fit the network", file),
       .expected = fmt::format("[steps, batch, {}] ({}, {} units, reads {} values a step)", stored.shape.inputs,
                               stored.shape.cell->name, stored.shape.units, stored.shape.inputs),
       .found = fmt::format("[{}, {}, {}]", sequences.steps, sequences.count, sequences.features),
       .hint = "the axes are [steps, batch, inputs], or with --batch-first [batch, steps, inputs]"});
}

template <class Real>
void expect_finite(std::span<const Real> values, const std::string& what) {
  const auto wrong = std::count_if(values.begin(), values.end(), [](Real value) { return !std::isfinite(value); });
  if (wrong > 0)
    throw numeric_error({.what = "not a finite number in " + what,
                         .found = fmt::format("{} of {} values", wrong, values.size()),
                         .hint = "smaller inputs or weights; a network of float64 reaches further"});
}

template void expect_finite(std::span<const float>, const std::string&);
template void expect_finite(std::span<const double>, const std::string&);

}  // namespace hysteron
