#pragma once
#include <span>
#include <string>

#include <hysteron/io.hpp>
#include <hysteron/model.hpp>
#include <hysteron/sequences.hpp>

#include "command_line/input_files.hpp"

namespace hysteron {

/// How a network is to be read from a file that does not say it all.
class ModelOptions {
 public:
  /// --nonlinearity, --recurrent, --readout, --no-bias.
  void declare(Arguments& arguments);
  StoredModel read(const std::string& file, const std::string& cell) const;
  /// As the keys model.… that go with model.start.
  void put(Settings& settings) const;

 private:
  std::string nonlinearity_, recurrent_, readout_;
  bool no_bias_ = false;
};

/// What the verbs that run a network from a file are given: the network, and the sequences that it reads.
struct NetworkFiles {
  std::string model, cell;
  ModelOptions options;
  InputFiles sequences;

  /// --model, --cell, and the options of ModelOptions and InputFiles.
  void declare(Arguments& arguments);
  StoredModel read_network() const { return options.read(model, cell); }
  /// Says what was read, once all of it is known to fit.
  void say_taken(Journal& journal, const StoredModel& stored, const Sequences& read) const;
  std::vector<std::string> names() const { return {model, sequences.inputs, sequences.lengths}; }
};

/// Says what was taken from a file that leaves a choice.
void say_taken(Journal& journal, const std::string& file, const StoredModel& stored);

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
