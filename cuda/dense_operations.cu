#include "cuda_operations.hpp"
#include "kernels/adam.cuh"
#include "kernels/attractors.cuh"
#include "kernels/gather.cuh"
#include "kernels/loss.cuh"
#include "kernels/rows.cuh"
#include "kernels/variability.cuh"
#include "named_range.hpp"
#include "shuffle.hpp"

// Everything except products and recurrences.
namespace hysteron::cuda {

template <class Real>
void CudaOperations<Real>::repeat_row(View<const Real> from, View<Real> to) {
  launch_repeat_row(from, to, device_->stream());
}

template <class Real>
void CudaOperations<Real>::sum_rows(View<const Real> rows, View<Real> sums, Result result) {
  void* const workspace = device_->workspace().reserve(sum_rows_workspace(rows));
  launch_sum_rows(rows, sums, result, workspace, device_->stream());
}

template <class Real>
void CudaOperations<Real>::copy(View<const Real> from, View<Real> to) {
  launch_copy(from, to, device_->stream());
}

template <class Real>
void CudaOperations<Real>::clear(View<Real> values) {
  launch_clear(values, device_->stream());
}

template <class Real>
void CudaOperations<Real>::loss(const LossRun<Real>& run) {
  const NamedRange range("loss");
  const cudaStream_t stream = device_->stream();
  launch_loss(run, device_->workspace().reserve(loss_workspace(run)), stream);
}

template <class Real>
void CudaOperations<Real>::variability(const VariabilityRun<Real>& run) {
  const NamedRange range("variability");
  const cudaStream_t stream = device_->stream();
  launch_variability(run, device_->workspace().reserve(variability_workspace(run)), stream);
}

template <class Real>
void CudaOperations<Real>::attractors(View<const Real> states, double epsilon, double* vaa) {
  const NamedRange range("attractors");
  const cudaStream_t stream = device_->stream();
  launch_attractors(states, epsilon, vaa, device_->workspace().reserve(attractors_workspace(states)), stream);
}

template <class Real>
void CudaOperations<Real>::adam(const AdamRun<Real>& run) {
  const NamedRange range("Adam step");
  const cudaStream_t stream = device_->stream();
  launch_adam(run, device_->workspace().reserve(adam_workspace(run)), stream);
}

template <class Real>
void CudaOperations<Real>::gather(const GatherRun<Real>& run) {
  const NamedRange range("gather batch");
  launch_gather(run, device_->stream());
}

template <class Real>
void CudaOperations<Real>::gather(const GatherRun<int>& run) {
  launch_gather(run, device_->stream());
}

template <class Real>
void CudaOperations<Real>::shuffle(const ShuffleRun& run) {
  const NamedRange range("shuffle");
  const cudaStream_t stream = device_->stream();
  launch_shuffle(run, shuffle_memory_, stream);
}

template void CudaOperations<float>::repeat_row(View<const float>, View<float>);
template void CudaOperations<float>::sum_rows(View<const float>, View<float>, Result);
template void CudaOperations<float>::copy(View<const float>, View<float>);
template void CudaOperations<float>::clear(View<float>);
template void CudaOperations<float>::loss(const LossRun<float>&);
template void CudaOperations<float>::variability(const VariabilityRun<float>&);
template void CudaOperations<float>::attractors(View<const float>, double, double*);
template void CudaOperations<float>::adam(const AdamRun<float>&);
template void CudaOperations<float>::gather(const GatherRun<float>&);
template void CudaOperations<float>::gather(const GatherRun<int>&);
template void CudaOperations<float>::shuffle(const ShuffleRun&);

template void CudaOperations<double>::repeat_row(View<const double>, View<double>);
template void CudaOperations<double>::sum_rows(View<const double>, View<double>, Result);
template void CudaOperations<double>::copy(View<const double>, View<double>);
template void CudaOperations<double>::clear(View<double>);
template void CudaOperations<double>::loss(const LossRun<double>&);
template void CudaOperations<double>::variability(const VariabilityRun<double>&);
template void CudaOperations<double>::attractors(View<const double>, double, double*);
template void CudaOperations<double>::adam(const AdamRun<double>&);
template void CudaOperations<double>::gather(const GatherRun<double>&);
template void CudaOperations<double>::gather(const GatherRun<int>&);
template void CudaOperations<double>::shuffle(const ShuffleRun&);

}  // namespace hysteron::cuda
