#pragma once
#include <string>
#include <vector>

#include <hysteron/run_result.hpp>

namespace hysteron {

/// A line for each replica of each run: VAA as drawn, initialized and trained; test loss and accuracy. Policies have a
/// table of their own, with their returns and the episodes at which they became optimal. labels: what the runs are
/// called; none: their initializers.
std::string result_table(const std::vector<RunResult>& results, const std::vector<std::string>& labels = {});

/// Says on stderr which replicas stopped on a number that was not finite. Returns the exit code: 0 or 5.
int report_failures(const RunResult& result);

}  // namespace hysteron
