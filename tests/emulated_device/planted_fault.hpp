#pragma once
#include "cuda_runtime_api.h"

namespace hysteron::cuda_emulator {

/// The fault that the variable EMULATED_FAULT plants in this device:
///   hang KERNEL     a kernel whose name contains this never ends
///   wrong KERNEL    it computes nothing
///   error KERNEL    it breaks the device
///   vanish COUNT    the device is gone after so many launches
/// Called before each launch; true: nothing is to be launched.
bool plant_fault(const void* kernel, cudaStream_t stream);

/// The error with which a broken device answers every call.
cudaError_t device_status();

/// What this device answers when it is asked how many clusters of so many blocks it holds at the same time: two blocks
/// on each multiprocessor, or as many clusters as the variable EMULATED_CLUSTERS says.
int resident_clusters(unsigned blocks);

}  // namespace hysteron::cuda_emulator
