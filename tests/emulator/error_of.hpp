#pragma once
#include <string>

#include "cuda_emulator.hpp"

namespace hysteron::cuda {

/// The emulator's error message; empty if there was none.
template <class Run>
std::string error_of(const Run& run) {
  try {
    run();
  } catch (const cuda_emulator::Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace hysteron::cuda
