#pragma once
#include <string>
#include <vector>

#include <hysteron/run_result.hpp>

namespace hysteron {

/// A line for each replica of each run: VAA as drawn, initialized and trained, the test's loss and accuracy; of
/// policies, in a table of their own, the return, and the episode at which they became optimal. labels: of the runs;
/// none: how they start.
std::string result_table(const std::vector<RunResult>& results, const std::vector<std::string>& labels = {});

/// Says on stderr which replicas stopped on a number that was not finite. Returns the exit code: 0 or 5.
int report_failures(const RunResult& result);

}  // namespace hysteron
