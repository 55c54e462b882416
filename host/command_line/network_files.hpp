#pragma once
#include <span>
#include <string>

#include <hysteron/io.hpp>
#include <hysteron/model.hpp>
#include <hysteron/sequences.hpp>

#include "command_line/input_files.hpp"

namespace hysteron {

/// What the verbs that run a network from a file are given: the network, and the sequences that it reads.
struct NetworkFiles {
  std::string model, cell;
  InputFiles sequences;

  /// --model, --cell, --inputs, --lengths.
  void declare(Arguments& arguments);
  StoredModel read_network() const { return read_model(model, cell); }
  std::vector<std::string> names() const { return {model, sequences.inputs, sequences.lengths}; }
};

/// Runs work(float{}) or work(double{}), depending on the type of the file's parameters.
template <class Work>
auto with_precision(const StoredModel& stored, const Work& work) {
  return stored.is_double() ? work(double{}) : work(float{});
}

/// Throws a data error unless each step of the sequences has as many values as the network reads.
void expect_inputs(const StoredModel& stored, const Sequences& sequences, const std::string& file);

/// Throws a numeric error that says where, if a value is not finite.
template <class Real>
void expect_finite(std::span<const Real> values, const std::string& what);

}  // namespace hysteron
