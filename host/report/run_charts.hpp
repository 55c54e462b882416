#pragma once
#include <string>
#include <vector>

#include <hysteron/run_record.hpp>

#include "report/chart.hpp"

namespace hysteron {

/// Charts of whatever the runs' journals report: VAA* during warm-up, validation loss and accuracy, VAA and returns
/// during training, replicas solved. A run's place in the list gives its color; thin lines are replicas, the strong one
/// is their median.
std::vector<Chart> charts_of(const std::vector<RunRecord>& runs, const std::vector<std::string>& labels);

}  // namespace hysteron
