#pragma once
#include <filesystem>
#include <string>

#include "files/json.hpp"

namespace hysteron {

/// An object on a line that carries the SHA-256 of everything before, as its last member.
std::string sealed_line(Json object);

/// The object without its digest. Throws a data error that names the file, with the hint, for text that is not such a
/// line, and for one that is not as it was written.
Json read_sealed(const std::filesystem::path& path, const std::string& hint);

}  // namespace hysteron
