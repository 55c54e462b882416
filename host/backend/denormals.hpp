#pragma once
#include <cstdint>

namespace hysteron {

/// While it lives, this thread takes numbers below the smallest normal one (1.2e-38 for float, 2.2e-308 for double) as
/// zero, both in operands and in results; afterwards everything is as it was before. Gradients that vanish over time
/// pass through such numbers, and processors leave their fast path for each of them: a backward run with them takes up
/// to 16 times as long. On processors that are neither x86-64 nor 64-bit Arm it does nothing.
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
