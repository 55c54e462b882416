#pragma once
#include <hysteron/run_history.hpp>

#include "files/json_object.hpp"

namespace hysteron {

/// Takes in a line of the journal of a run with this many replicas. Throws a data error that names the line and the
/// key.
void add_line(RunHistory& history, const JsonObject& line, int replicas);

}  // namespace hysteron
