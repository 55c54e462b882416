#pragma once
#include <string>
#include <vector>

#include <hysteron/run_record.hpp>

#include "report/chart.hpp"

namespace hysteron {

/// Charts of what runs recorded about memory: the relative error of decoded inputs by lag, before and after training
/// (train.memory_sequences); and the norm of dloss/dstate by step, in the first, a middle and the last record
/// (train.gradient_every). A run's place in the list gives its color; the strong line is the median of the replicas.
std::vector<Chart> memory_charts_of(const std::vector<RunRecord>& runs, const std::vector<std::string>& labels);

}  // namespace hysteron
