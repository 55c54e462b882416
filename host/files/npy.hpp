#pragma once
#include <filesystem>
#include <string_view>

#include "files/array.hpp"
#include "files/source.hpp"

namespace hysteron {

// NumPy's array files, versions 1 to 3 (numpy/lib/format.py), and .npz: a zip archive of them, stored or deflated.
// Little-endian float32, float64, uint8, int32 and int64; what lies in Fortran order is transposed on reading. Readers
// throw data errors, and allocate nothing before sizes are checked.

/// "X.npy", "X.npz" with a single member, or "X.npz:name" for one of several. Which it is, the first bytes say.
Array read_array(std::string_view path);

Array read_npy(const Source& source);
/// member: with or without ".npy"; empty: the only one.
Array read_npz(const Source& source, std::string_view member = "");

/// Byte for byte what numpy.save writes.
void write_npy(const std::filesystem::path& path, const Array& array);
std::vector<std::byte> npy_bytes(const Array& array);

}  // namespace hysteron
