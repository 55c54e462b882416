#pragma once
// The emulator's kernel language, except that launches go to an emulated stream.
#define launch launch_and_wait
#include "../emulator/kernel_language.cuh"
#undef launch

#include "emulated_stream.hpp"
#include "planted_fault.hpp"

namespace hysteron::cuda {

template <class... Parameters, class... Arguments>
void launch(const LaunchShape& shape, void (*kernel)(Parameters...), Arguments&&... arguments) {
  using namespace cuda_emulator;
  if (plant_fault(reinterpret_cast<const void*>(kernel), shape.stream)) return;
  enqueue(shape.stream, [shape, kernel, ... held = std::remove_cv_t<Parameters>(std::forward<Arguments>(arguments))] {
    launch_and_wait(shape, kernel, held...);
  });
}

template <class... Parameters>
int resident_clusters(const LaunchShape& shape, void (*)(Parameters...)) {
  return cuda_emulator::resident_clusters(shape.cluster.x);
}

}  // namespace hysteron::cuda
