#pragma once
#include <filesystem>
#include <functional>

#include <hysteron/journal.hpp>

#include "files/json_object.hpp"

namespace hysteron {

/// The last line of a run that goes on may be half written.
enum class LastLine { must_be_whole, may_be_cut };

/// Calls visit with every line of a run's journal. Throws a data error that names any line that is incomplete.
void visit_journal(const std::filesystem::path& path, LastLine last,
                   const std::function<void(const JsonObject& line)>& visit);

/// The event that was written as this line. Throws a data error for a line that no event is written as.
Event event_of(const JsonObject& line);

}  // namespace hysteron
