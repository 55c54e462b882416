#pragma once
#include <cstddef>
#include <string_view>
#include <vector>

#include <hysteron/array.hpp>

#include "files/source.hpp"

namespace hysteron {

// NumPy's array files (numpy/lib/format.py), and .npz: a zip archive of them, stored or deflated. See read_array.

Array read_npy(const Source& source);
/// member: with or without ".npy"; empty: the only one.
Array read_npz(const Source& source, std::string_view member = "");

std::vector<std::byte> npy_bytes(const Array& array);

}  // namespace hysteron
