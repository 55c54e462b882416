#pragma once
#include <array>
#include <cstdint>
#include <map>
#include <optional>

#include <hysteron/operations.hpp>

#include "cublas.hpp"
#include "device.hpp"

namespace hysteron::cuda {

template <class Real>
struct ProductRun {
  View<const Real> a;
  Transposed ta;
  View<const Real> b;
  Transposed tb;
  View<Real> c;
  Result result;
};

/// Products by cuBLAS, one per replica, in the numbers' own precision: no TF32. The result of a replica does not depend
/// on the other replicas: the algorithm is the one that cuBLAS names for a single replica, applied to as many at a time
/// as its workspace allows; sums that are split go through that space in a fixed order, never through atomics.
class Products {
 public:
  explicit Products(Device& device);

  template <class Real>
  void multiply(const ProductRun<Real>& run);

 private:
  /// Everything that determines the algorithm.
  using Key = std::array<std::int64_t, 15>;
  struct Plan {
    std::optional<cublasLtMatmulAlgo_t> algorithm;  // none: cuBLAS names none; then replica by replica
    int replicas = 1;                               // at a time
  };
  struct Layouts {
    ProductDescription description;
    MatrixLayout first, second, result;
  };

  template <class Real>
  Layouts layouts(const ProductRun<Real>& run, int replicas) const;
  template <class Real>
  const Plan& plan(const ProductRun<Real>& run);
  template <class Real>
  Plan make_plan(const ProductRun<Real>& run) const;
  template <class Real>
  void multiply_singly(const ProductRun<Real>& run);

  Device* device_;
  CublasLtHandle light_;
  CublasHandle whole_;
  DeviceMemory workspace_;
  std::map<Key, Plan> plans_;
};

}  // namespace hysteron::cuda
