#include "backend/denormals.hpp"

namespace hysteron {
namespace {

constexpr std::uint64_t flush_to_zero = std::uint64_t{1} << 24;  // in FPCR: for results and operands alike

std::uint64_t control() {
  std::uint64_t value;
  asm volatile("mrs %0, fpcr" : "=r"(value));
  return value;
}

void set_control(std::uint64_t value) { asm volatile("msr fpcr, %0" : : "r"(value)); }

}  // namespace

FlushedDenormals::FlushedDenormals() : before_(control()) { set_control(before_ | flush_to_zero); }

FlushedDenormals::~FlushedDenormals() { set_control(before_); }

}  // namespace hysteron
