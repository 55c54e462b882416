#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "report/chart.hpp"

namespace hysteron {

/// Writes charts as text: into one file, or, where the path is a folder or ends with a separator, into a file for each
/// chart, named after it ("loss_during_training.svg"). ending: ".svg". Returns the files.
std::vector<std::filesystem::path> write_figures(const std::filesystem::path& path, const char* ending,
                                                 const std::vector<Chart>& charts,
                                                 std::string (*text)(const std::vector<Chart>&));

/// Whether write_figures takes the path for a folder.
bool is_folder_of_figures(const std::filesystem::path& path);

}  // namespace hysteron
