#pragma once
#include <cstdint>

namespace hysteron {

/// While it lives, this thread takes numbers below the smallest normal one (1.2e-38 of float, 2.2e-308 of double) as
/// zero, in what it reads and in what it computes; then all is as it was before. Gradients that vanish over time pass
/// through such numbers, for each of which processors leave their fast path: a backward run takes up to 16 times as
/// long with them. On processors that are neither x86-64 nor 64-bit Arm it does nothing.
class FlushedDenormals {
 public:
  FlushedDenormals();
  FlushedDenormals(const FlushedDenormals&) = delete;
  FlushedDenormals& operator=(const FlushedDenormals&) = delete;
  ~FlushedDenormals();

 private:
  std::uint64_t before_;  // the processor's control register
};

}  // namespace hysteron
