#pragma once
// The emulator's kernel language, except that launches go to an emulated stream.
#define launch launch_and_wait
#include "../emulator/kernel_language.cuh"
#undef launch

#include "emulated_stream.hpp"

namespace hysteron::cuda {

template <class... Parameters, class... Arguments>
void launch(const LaunchShape& shape, void (*kernel)(Parameters...), Arguments&&... arguments) {
  cuda_emulator::enqueue(shape.stream,
                         [shape, kernel, ... held = std::remove_cv_t<Parameters>(std::forward<Arguments>(arguments))] {
                           cuda_emulator::launch_and_wait(shape, kernel, held...);
                         });
}

}  // namespace hysteron::cuda
