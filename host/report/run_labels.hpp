#pragma once
#include <string>
#include <vector>

#include <hysteron/run_record.hpp>

namespace hysteron {

/// What distinguishes the runs: cell and start, structure and task where these differ, and the folder if nothing else
/// does.
std::vector<std::string> labels_of(const std::vector<RunRecord>& runs);

}  // namespace hysteron
