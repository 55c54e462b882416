#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include <hysteron/settings.hpp>

namespace hysteron {

/// What happens to a file that already exists.
enum class Overwrite { refused, allowed };

/// Call this before the work whose result goes there. Throws a usage error for a file that exists and is not to be
/// overwritten, or that is one of those that are read (empty names are ignored); a data error if nothing can be
/// written.
void expect_writable(const std::filesystem::path& path, Overwrite overwrite,
                     const std::vector<std::string>& read_too = {});

/// Refuses a name that says another format than the one that is written (".npy"): others would read it by its name.
void expect_ending(const std::filesystem::path& path, const char* ending);

/// The files of sequences named in the settings, for expect_writable.
std::vector<std::string> sequence_files(const Settings& settings);

}  // namespace hysteron
