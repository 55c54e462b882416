#pragma once
#include <string>
#include <vector>

#include <hysteron/run_record.hpp>

#include "report/chart.hpp"

namespace hysteron {

/// What runs recorded of memory: the relative error of decoded inputs against their lag, before and after training
/// (train.memory_sequences), and the norm of dloss/dstate against the step, of the first, a middle and the last record
/// (train.gradient_every). Every run in the color of its place, medians of the replicas strong.
std::vector<Chart> memory_charts_of(const std::vector<RunRecord>& runs, const std::vector<std::string>& labels);

}  // namespace hysteron
