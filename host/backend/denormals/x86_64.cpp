#include <xmmintrin.h>

#include "backend/denormals.hpp"

namespace hysteron {
namespace {

constexpr unsigned flush_to_zero = 1u << 15, denormals_are_zero = 1u << 6;

}  // namespace

FlushedDenormals::FlushedDenormals() : before_(_mm_getcsr()) {
  _mm_setcsr(static_cast<unsigned>(before_) | flush_to_zero | denormals_are_zero);
}

FlushedDenormals::~FlushedDenormals() { _mm_setcsr(static_cast<unsigned>(before_)); }

}  // namespace hysteron
