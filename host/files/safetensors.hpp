#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include <hysteron/safetensors.hpp>

#include "files/source.hpp"

namespace hysteron {

/// The metadata entry with the SHA-256 of the whole file, with zeros in its place. A file that has the entry, whatever
/// its value, is written with it, and checked when it is read.
inline constexpr const char* digest_key = "hysteron_sha256";

Safetensors read_safetensors(const Source& source);
/// Throws a data error if a file that was read told no digest.
void expect_digest(const Safetensors& file, const std::string& what);
std::vector<std::byte> safetensors_bytes(const Safetensors& file);

}  // namespace hysteron
