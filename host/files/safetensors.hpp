#pragma once
#include <cstddef>
#include <vector>

#include <hysteron/safetensors.hpp>

#include "files/source.hpp"

namespace hysteron {

Safetensors read_safetensors(const Source& source);
std::vector<std::byte> safetensors_bytes(const Safetensors& file);

}  // namespace hysteron
