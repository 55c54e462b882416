#pragma once
#include <string>
#include <vector>

#include <hysteron/run_record.hpp>

namespace hysteron {

/// What distinguishes the runs: cell and start, structure and task where these differ, and if nothing else does, as
/// much of the end of the folder's path as tells them apart. Printable.
std::vector<std::string> labels_of(const std::vector<RunRecord>& runs);

}  // namespace hysteron
