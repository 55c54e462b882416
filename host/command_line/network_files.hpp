#pragma once
#include <span>
#include <string>

#include <CLI/CLI.hpp>

#include <hysteron/model.hpp>
#include <hysteron/sequences.hpp>

#include "network/model_file.hpp"

namespace hysteron {

/// What the verbs that run a network from a file are given: the network, and the sequences that it reads.
struct NetworkFiles {
  std::string model, cell, inputs, lengths;

  /// --model, --cell, --inputs, --lengths.
  void declare(CLI::App& app);
};

/// Whether a file's network is of double precision: any of its parameters is.
bool is_double(const StoredModel& stored);

/// Runs work(float{}) or work(double{}), as the file's parameters are.
template <class Work>
auto with_precision(const StoredModel& stored, const Work& work) {
  return is_double(stored) ? work(double{}) : work(float{});
}

/// A population whose replicas all have the file's parameters.
template <class Real>
Model<Real> network_of(Backend& backend, const StoredModel& stored, int replicas = 1);

/// Throws a data error unless each step of the sequences has as many values as the network reads.
void expect_inputs(const StoredModel& stored, const Sequences& sequences, const std::string& file);

/// Throws a numeric error, which says of what, when a value is not finite.
template <class Real>
void expect_finite(std::span<const Real> values, const std::string& what);

}  // namespace hysteron
