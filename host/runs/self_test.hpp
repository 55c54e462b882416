#pragma once
#include <string>
#include <vector>

#include <hysteron/backend.hpp>

namespace hysteron {

/// How a cell's computations on one backend compare with those of the CPU in double precision.
struct CellTest {
  std::string cell;
  double error = 0;  ///< the largest difference over the largest value, of outputs, last states, loss and gradients
  bool passed = false;
};

/// float on a CPU agrees with double to 1e-4, on other devices to 1e-3
/// (docs/algorithms.md#back-propagation-through-time).
double tolerance_of(const Backend& backend);

/// Runs a small network of every cell forward and backward: two layers and a read-out, sequences of unequal lengths.
std::vector<CellTest> test_every_cell(Backend& backend);

}  // namespace hysteron
