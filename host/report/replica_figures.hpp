#pragma once
#include <vector>

#include <hysteron/run_result.hpp>

namespace hysteron {

/// What tables show of a result: a number for each replica, NaN where it has none; empty where the run has none at all.
using ReplicaFigures = std::vector<double> (*)(const RunResult& result);

namespace figures {

std::vector<double> vaa_drawn(const RunResult& result);
std::vector<double> vaa_start(const RunResult& result);
std::vector<double> vaa_end(const RunResult& result);
std::vector<double> test_loss(const RunResult& result);
std::vector<double> test_accuracy(const RunResult& result);
std::vector<double> best_step(const RunResult& result);
std::vector<double> last_return(const RunResult& result);
std::vector<double> best_return(const RunResult& result);
std::vector<double> first_optimal_episode(const RunResult& result);
std::vector<double> optimal_episode(const RunResult& result);

}  // namespace figures

bool measured_attractors(const RunResult& result);      ///< whether it has a VAA at any time
bool holds_numbers(const std::vector<double>& values);  ///< whether any is finite

}  // namespace hysteron
