#pragma once
#include "files/array.hpp"
#include "files/source.hpp"

namespace hysteron {

/// Reads an idx file of unsigned bytes (http://yann.lecun.com/exdb/mnist), plain or in gzip: the first bytes say which.
/// Throws a data error, before anything is allocated, when its sizes do not match its bytes.
Array read_idx(const Source& source);

}  // namespace hysteron
