#pragma once
#include <hysteron/backend.hpp>

#include "cuda_decompositions.hpp"
#include "cuda_operations.hpp"
#include "device.hpp"
#include "products.hpp"
#include "schedule_choice.hpp"

namespace hysteron::cuda {

/// One GPU. Its memory comes from cudaMalloc; all work goes through one stream, in the order in which it was requested,
/// and the host waits only where it reads a result.
class CudaBackend final : public Backend {
 public:
  explicit CudaBackend(int number);

  void* allocate(std::size_t bytes) override;
  void release(void* memory) noexcept override;
  void copy_in(void* to, const void* from_host, std::size_t bytes) override;
  void copy_out(void* to_host, const void* from, std::size_t bytes) override;
  void copy(void* to, const void* from, std::size_t bytes) override;
  void clear(void* memory, std::size_t bytes) override;

  std::string name() const override;
  std::string description() const override;
  Operations<float>& operations(float) override { return single_; }
  Operations<double>& operations(double) override { return twofold_; }
  Decompositions& decompositions() override { return decompositions_; }

  static std::vector<std::string> every_schedule() { return {"auto", "stepwise", "solo", "cluster", "scan"}; }
  std::vector<std::string> schedules() const override { return every_schedule(); }
  /// Takes more than the setting does: "solo:64:4" is solo with the kernel of 64 units and slices of 4 (schedule.hpp).
  /// For tests and benchmarks. A kernel that does not exist is an error of the run that would take it.
  void use_schedule(std::string_view name) override;
  void shut_schedule(std::string_view name, std::string reason) override {
    chooser_.shut({std::string(name), std::move(reason)});
  }
  void on_schedule(Listen listen) override { chooser_.on_choice(std::move(listen)); }

 private:
  Device device_;
  Products products_;
  ScheduleChooser chooser_;
  CudaOperations<float> single_;
  CudaOperations<double> twofold_;
  CudaDecompositions decompositions_;
};

/// "NVIDIA H200, 139 GiB, compute capability 9.0, 132 multiprocessors".
std::string describe(const cudaDeviceProp& device);

}  // namespace hysteron::cuda
