#include "products.hpp"

#include <algorithm>
#include <type_traits>

// cuBLAS is column-major. A row-major matrix, read that way, is its transpose; so we ask for c^T = op(b)^T op(a)^T,
// with b as the first factor, and need neither a copy nor a further transposition.
namespace hysteron::cuda {
namespace {

constexpr std::size_t workspace_bytes = std::size_t{64} << 20;
constexpr std::size_t workspace_bytes_of_replica = std::size_t{32} << 20;
constexpr std::size_t most_plans = 4096;

template <class Real>
constexpr cudaDataType_t numbers = std::is_same_v<Real, float> ? CUDA_R_32F : CUDA_R_64F;
template <class Real>
constexpr cublasComputeType_t arithmetic = std::is_same_v<Real, float> ? CUBLAS_COMPUTE_32F : CUBLAS_COMPUTE_64F;

cublasOperation_t operation(Transposed transposed) { return transposed == Transposed::yes ? CUBLAS_OP_T : CUBLAS_OP_N; }

/// The distance from one row to the next; for a single row any value would do, but cuBLAS checks it.
template <class T>
std::int64_t leading(const View<T>& matrix) {
  return std::max<std::int64_t>(matrix.row, matrix.columns);
}

template <class Real>
std::int64_t depth(const ProductRun<Real>& run) {
  return run.ta == Transposed::yes ? run.a.rows : run.a.columns;
}

/// The alignment in bytes of every row of every replica, as far as cuBLAS makes use of it.
template <class T>
std::int64_t alignment(const View<T>& matrix) {
  const auto bits = reinterpret_cast<std::uintptr_t>(matrix.first) |
                    static_cast<std::uintptr_t>(leading(matrix)) * sizeof(T) |
                    static_cast<std::uintptr_t>(matrix.replica) * sizeof(T) | 256;
  return static_cast<std::int64_t>(bits & (~bits + 1));
}

template <class T>
MatrixLayout layout(const View<T>& matrix, int replicas) {
  const Cublas& cublas = Cublas::library();
  cublasLtMatrixLayout_t made = nullptr;
  require_success(
      cublas.lt_layout_create(&made, numbers<std::remove_const_t<T>>, static_cast<std::uint64_t>(matrix.columns),
                              static_cast<std::uint64_t>(matrix.rows), leading(matrix)),
      "cublasLtMatrixLayoutCreate");
  MatrixLayout layout(made);
  const std::int32_t count = replicas;
  const std::int64_t apart = matrix.replica;
  require_success(cublas.lt_layout_set(made, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, &count, sizeof count),
                  "cublasLtMatrixLayoutSetAttribute");
  require_success(cublas.lt_layout_set(made, CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, &apart, sizeof apart),
                  "cublasLtMatrixLayoutSetAttribute");
  return layout;
}

/// A product of matrices without elements, which cuBLAS does not accept.
template <class Real>
void add_nothing(const ProductRun<Real>& run, cudaStream_t stream) {
  if (run.result == Result::added) return;
  const auto bytes = [](std::ptrdiff_t values) { return static_cast<std::size_t>(values) * sizeof(Real); };
  for (int replica = 0; replica < run.c.replicas; ++replica)
    require_success(cudaMemset2DAsync(run.c.at(replica, 0), bytes(leading(run.c)), 0, bytes(run.c.columns),
                                      static_cast<std::size_t>(run.c.rows), stream),
                    "cudaMemset2DAsync");
}

template <class Real>
void require_shapes(const ProductRun<Real>& run) {
  const bool ta = run.ta == Transposed::yes, tb = run.tb == Transposed::yes;
  const std::ptrdiff_t rows = ta ? run.a.columns : run.a.rows, columns = tb ? run.b.rows : run.b.columns,
                       depth_of_b = tb ? run.b.columns : run.b.rows;
  if (rows == run.c.rows && columns == run.c.columns && depth(run) == depth_of_b) return;
  const auto text = [](std::ptrdiff_t m, std::ptrdiff_t n) { return std::to_string(m) + " x " + std::to_string(n); };
  throw defect({.what = "a product of matrices that do not fit",
                .expected = text(run.c.rows, run.c.columns),
                .found = text(rows, depth(run)) + " times " + text(depth_of_b, columns)});
}

}  // namespace

Products::Products(Device& device) : device_(&device) {
  const cudaStream_t stream = device.stream();
  const Cublas& cublas = Cublas::library();
  cublasLtHandle_t light = nullptr;
  require_success(cublas.lt_create(&light), "cublasLtCreate");
  light_ = CublasLtHandle(light);
  cublasHandle_t whole = nullptr;
  require_success(cublas.create(&whole), "cublasCreate");
  whole_ = CublasHandle(whole);
  workspace_ = allocate_device_memory(workspace_bytes);
  require_success(cublas.set_stream(whole, stream), "cublasSetStream");
  require_success(cublas.set_workspace(whole, workspace_.get(), workspace_bytes), "cublasSetWorkspace");
  require_success(cublas.set_math_mode(whole, CUBLAS_PEDANTIC_MATH), "cublasSetMathMode");
}

template <class Real>
Products::Layouts Products::layouts(const ProductRun<Real>& run, int replicas) const {
  const Cublas& cublas = Cublas::library();
  cublasLtMatmulDesc_t made = nullptr;
  require_success(cublas.lt_product_create(&made, arithmetic<Real>, numbers<Real>), "cublasLtMatmulDescCreate");
  ProductDescription description(made);
  const std::int32_t first = operation(run.tb), second = operation(run.ta);
  require_success(cublas.lt_product_set(made, CUBLASLT_MATMUL_DESC_TRANSA, &first, sizeof first),
                  "cublasLtMatmulDescSetAttribute");
  require_success(cublas.lt_product_set(made, CUBLASLT_MATMUL_DESC_TRANSB, &second, sizeof second),
                  "cublasLtMatmulDescSetAttribute");
  return {std::move(description), layout(run.b, replicas), layout(run.a, replicas), layout(run.c, replicas)};
}

template <class Real>
Products::Plan Products::make_plan(const ProductRun<Real>& run) const {
  const Cublas& cublas = Cublas::library();
  cublasLtMatmulPreference_t made = nullptr;
  require_success(cublas.lt_preference_create(&made), "cublasLtMatmulPreferenceCreate");
  const ProductPreference preference(made);
  const auto set = [&](cublasLtMatmulPreferenceAttributes_t attribute, auto value) {
    require_success(cublas.lt_preference_set(made, attribute, &value, sizeof value),
                    "cublasLtMatmulPreferenceSetAttribute");
  };
  set(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, std::uint64_t{workspace_bytes_of_replica});
  set(CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK, std::uint32_t{CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE});
  set(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, static_cast<std::uint32_t>(alignment(run.b)));
  set(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, static_cast<std::uint32_t>(alignment(run.a)));
  set(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, static_cast<std::uint32_t>(alignment(run.c)));
  set(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, static_cast<std::uint32_t>(alignment(run.c)));

  const Layouts single = layouts(run, 1);
  cublasLtMatmulHeuristicResult_t found{};
  int count = 0;
  const cublasStatus_t status =
      cublas.lt_algorithms(light_.get(), single.description.get(), single.first.get(), single.second.get(),
                           single.result.get(), single.result.get(), made, 1, &found, &count);
  if (status == CUBLAS_STATUS_NOT_SUPPORTED || (status == CUBLAS_STATUS_SUCCESS && count == 0)) return {};
  require_success(status, "cublasLtMatmulAlgoGetHeuristic");

  // As many replicas at a time as the workspace has room for.
  for (int replicas = run.c.replicas; replicas >= 1; replicas = replicas > 1 ? (replicas + 1) / 2 : 0) {
    const Layouts several = layouts(run, replicas);
    cublasLtMatmulHeuristicResult_t checked{};
    const cublasStatus_t fits =
        cublas.lt_check(light_.get(), several.description.get(), several.first.get(), several.second.get(),
                        several.result.get(), several.result.get(), &found.algo, &checked);
    if (fits == CUBLAS_STATUS_SUCCESS && checked.workspaceSize <= workspace_bytes) return {found.algo, replicas};
  }
  return {};
}

template <class Real>
const Products::Plan& Products::plan(const ProductRun<Real>& run) {
  const auto replicas_stride = [](std::ptrdiff_t stride) { return static_cast<std::int64_t>(stride); };
  const Key key{sizeof(Real),
                run.c.replicas,
                run.c.rows,
                run.c.columns,
                depth(run),
                static_cast<std::int64_t>(run.ta) * 2 + static_cast<std::int64_t>(run.tb),
                leading(run.a),
                leading(run.b),
                leading(run.c),
                alignment(run.a),
                alignment(run.b),
                alignment(run.c),
                replicas_stride(run.a.replica),
                replicas_stride(run.b.replica),
                replicas_stride(run.c.replica)};
  if (const auto known = plans_.find(key); known != plans_.end()) return known->second;
  if (plans_.size() >= most_plans) plans_.clear();
  return plans_.emplace(key, make_plan(run)).first->second;
}

template <class Real>
void Products::multiply(const ProductRun<Real>& run) {
  require_shapes(run);
  if (run.c.rows == 0 || run.c.columns == 0 || run.c.replicas == 0) return;
  const cudaStream_t stream = device_->stream();
  if (depth(run) == 0) return add_nothing(run, stream);
  const Plan& plan = this->plan(run);
  if (!plan.algorithm) return multiply_singly(run);
  const Cublas& cublas = Cublas::library();
  const Real one = 1, before = run.result == Result::added ? Real(1) : Real(0);
  for (int first = 0; first < run.c.replicas; first += plan.replicas) {
    const int count = std::min(plan.replicas, run.c.replicas - first);
    const Layouts of = layouts(run, count);
    require_success(cublas.lt_product(light_.get(), of.description.get(), &one, run.b.at(first, 0), of.first.get(),
                                      run.a.at(first, 0), of.second.get(), &before, run.c.at(first, 0), of.result.get(),
                                      run.c.at(first, 0), of.result.get(), &*plan.algorithm, workspace_.get(),
                                      workspace_bytes, stream),
                    "cublasLtMatmul");
  }
}

template <class Real>
void Products::multiply_singly(const ProductRun<Real>& run) {
  const Cublas& cublas = Cublas::library();
  const Real one = 1, before = run.result == Result::added ? Real(1) : Real(0);
  const auto product = [&](auto function, int replica) {
    return function(whole_.get(), operation(run.tb), operation(run.ta), run.c.columns, run.c.rows, depth(run), &one,
                    run.b.at(replica, 0), leading(run.b), run.a.at(replica, 0), leading(run.a), &before,
                    run.c.at(replica, 0), leading(run.c));
  };
  for (int replica = 0; replica < run.c.replicas; ++replica) {
    if constexpr (std::is_same_v<Real, float>) {
      require_success(product(cublas.product_float, replica), "cublasSgemm");
    } else {
      require_success(product(cublas.product_double, replica), "cublasDgemm");
    }
  }
}

template void Products::multiply(const ProductRun<float>&);
template void Products::multiply(const ProductRun<double>&);

}  // namespace hysteron::cuda
