#pragma once
#include <string>
#include <vector>

#include <hysteron/run_record.hpp>

#include "report/chart.hpp"

namespace hysteron {

/// The charts that the runs' journals hold data for, every run in the color of its place: VAA* during warm-up, loss and
/// accuracy of the validation, VAA during training, replicas solved. Thin lines are replicas, the strong one their
/// median.
std::vector<Chart> charts_of(const std::vector<RunRecord>& runs, const std::vector<std::string>& labels);

}  // namespace hysteron
