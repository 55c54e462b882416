#pragma once
#include <string>

#include "cuda_emulator.hpp"

namespace hysteron::cuda {

/// What the emulator said; empty where it said nothing.
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
