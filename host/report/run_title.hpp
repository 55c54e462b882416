#pragma once
#include <string>
#include <vector>

#include <hysteron/run_record.hpp>

namespace hysteron {

/// "copy_first_input of 100 steps: gru, 2 layers of 64 units, 3 replicas, 2026-12-01": of several runs, what they have
/// in common.
std::string title_of(const std::vector<RunRecord>& runs);

/// How far the unfinished of the runs are, and what goes on with them; empty if all are finished.
std::string lead_of(const std::vector<RunRecord>& runs);

}  // namespace hysteron
