#pragma once
#include <string>
#include <vector>

#include "report/page.hpp"

namespace hysteron {

/// What a reproduction's table says of one arm: means and deviations over its replicas.
Json row_of(const std::string& group, const std::string& arm, const RunRecord& run);

/// The rows as a table; columns that no row has a number for are left out.
TextTable table_of(const std::string& title, const std::vector<Json>& rows);

Json table_json(const TextTable& table);

/// For a terminal.
std::string text_of(const TextTable& table);

}  // namespace hysteron
