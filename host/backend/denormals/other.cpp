#include "backend/denormals.hpp"

namespace hysteron {

FlushedDenormals::FlushedDenormals() : before_(0) {}

FlushedDenormals::~FlushedDenormals() = default;

}  // namespace hysteron
