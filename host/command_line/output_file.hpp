#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include <hysteron/settings.hpp>

namespace hysteron {

/// What becomes of a file that is there already.
enum class Overwrite { refused, allowed };

/// To be called before the work whose result goes there. Throws a usage error for a file that is there and not to be
/// overwritten, or that is one of those that are read (empty names are none); a data error where nothing can be
/// written.
void expect_writable(const std::filesystem::path& path, Overwrite overwrite,
                     const std::vector<std::string>& read_too = {});

/// The files of sequences that settings name, for expect_writable.
std::vector<std::string> sequence_files(const Settings& settings);

}  // namespace hysteron
