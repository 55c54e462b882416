#pragma once
#include <filesystem>
#include <initializer_list>
#include <string>

namespace hysteron {

/// What becomes of a file that is there already.
enum class Overwrite { refused, allowed };

/// To be called before the work whose result goes there. Throws a usage error for a file that is there and not to be
/// overwritten, or that is one of those that are read; a data error where nothing can be written.
void expect_writable(const std::filesystem::path& path, Overwrite overwrite,
                     std::initializer_list<std::string> read_too = {});

}  // namespace hysteron
