#pragma once
#include "files/array.hpp"
#include "files/source.hpp"

namespace hysteron {

/// An idx file of unsigned bytes (http://yann.lecun.com/exdb/mnist), as it is or in gzip: the first bytes say which. A
/// data error, before anything is allocated, when its sizes are not those of its bytes.
Array read_idx(const Source& source);

}  // namespace hysteron
