#include <cstring>
#include <map>
#include <string>

#include <cublasLt.h>

#include "cuda/shared_library.hpp"
#include "emulated_stream.hpp"

// cuBLAS as documented: column-major, d = alpha op(a) op(b) + beta c. Arguments that do not fit are refused. For
// several matrices at once it wants more workspace than there is, so that they are done in parts; a product of depth 3
// has no algorithm, so that the path without one is tested as well.

using hysteron::cuda_emulator::enqueue;

struct cublasContext {
  cudaStream_t stream = nullptr;
};
struct cublasLtContext {};
struct EmulatedProduct {
  cudaDataType_t type;
  bool ta = false, tb = false;
};
struct EmulatedLayout {
  cudaDataType_t type;
  std::int64_t rows, columns, leading, count = 1, apart = 0;
};
struct EmulatedPreference {};

namespace {

template <class Real>
struct Gemm {
  bool ta, tb;
  std::int64_t m, n, k;
  Real alpha;
  const Real* a;
  std::int64_t lda;
  const Real* b;
  std::int64_t ldb;
  Real beta;
  const Real* c;
  Real* d;
  std::int64_t ldc;
  std::int64_t count = 1, a_apart = 0, b_apart = 0, c_apart = 0;

  void operator()() const {
    for (std::int64_t at = 0; at < count; ++at)
      for (std::int64_t j = 0; j < n; ++j)
        for (std::int64_t i = 0; i < m; ++i) {
          Real sum = 0;
          for (std::int64_t l = 0; l < k; ++l)
            sum +=
                a[at * a_apart + (ta ? l + i * lda : i + l * lda)] * b[at * b_apart + (tb ? j + l * ldb : l + j * ldb)];
          const std::int64_t place = at * c_apart + i + j * ldc;
          d[place] = alpha * sum + (beta == 0 ? Real(0) : beta * c[place]);
        }
  }
};

std::int64_t rows_of(const EmulatedLayout& of, bool turned) { return turned ? of.columns : of.rows; }
std::int64_t columns_of(const EmulatedLayout& of, bool turned) { return turned ? of.rows : of.columns; }

bool fit(const EmulatedProduct& product, const EmulatedLayout& a, const EmulatedLayout& b, const EmulatedLayout& c) {
  const bool shapes = rows_of(a, product.ta) == c.rows && columns_of(b, product.tb) == c.columns &&
                      columns_of(a, product.ta) == rows_of(b, product.tb);
  const auto leads = [](const EmulatedLayout& of) { return of.leading >= of.rows && of.rows > 0 && of.columns > 0; };
  const bool types = a.type == product.type && b.type == product.type && c.type == product.type;
  return shapes && types && leads(a) && leads(b) && leads(c) && a.count == c.count && b.count == c.count;
}

template <class Real>
cublasStatus_t multiply(const Gemm<Real>& gemm, cudaStream_t stream) {
  enqueue(stream, gemm);
  return CUBLAS_STATUS_SUCCESS;
}

}  // namespace

const char* cublasGetStatusString(cublasStatus_t) { return "an error of the emulated cuBLAS"; }
cublasStatus_t cublasCreate_v2(cublasHandle_t* handle) {
  *handle = new cublasContext;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasDestroy_v2(cublasHandle_t handle) {
  delete handle;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasSetStream_v2(cublasHandle_t handle, cudaStream_t stream) {
  handle->stream = stream;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasSetWorkspace_v2(cublasHandle_t, void*, std::size_t) { return CUBLAS_STATUS_SUCCESS; }
cublasStatus_t cublasSetMathMode(cublasHandle_t, cublasMath_t) { return CUBLAS_STATUS_SUCCESS; }
cublasStatus_t cublasSgemm_v2_64(cublasHandle_t handle, cublasOperation_t ta, cublasOperation_t tb, std::int64_t m,
                                 std::int64_t n, std::int64_t k, const float* alpha, const float* a, std::int64_t lda,
                                 const float* b, std::int64_t ldb, const float* beta, float* c, std::int64_t ldc) {
  return multiply(Gemm<float>{ta == CUBLAS_OP_T, tb == CUBLAS_OP_T, m, n, k, *alpha, a, lda, b, ldb, *beta, c, c, ldc},
                  handle->stream);
}
cublasStatus_t cublasDgemm_v2_64(cublasHandle_t handle, cublasOperation_t ta, cublasOperation_t tb, std::int64_t m,
                                 std::int64_t n, std::int64_t k, const double* alpha, const double* a, std::int64_t lda,
                                 const double* b, std::int64_t ldb, const double* beta, double* c, std::int64_t ldc) {
  return multiply(Gemm<double>{ta == CUBLAS_OP_T, tb == CUBLAS_OP_T, m, n, k, *alpha, a, lda, b, ldb, *beta, c, c, ldc},
                  handle->stream);
}

cublasStatus_t cublasLtCreate(cublasLtHandle_t* handle) {
  *handle = new cublasLtContext;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtDestroy(cublasLtHandle_t handle) {
  delete handle;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulDescCreate(cublasLtMatmulDesc_t* made, cublasComputeType_t, cudaDataType_t scale) {
  *made = new EmulatedProduct{scale};
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulDescDestroy(cublasLtMatmulDesc_t product) {
  delete product;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulDescSetAttribute(cublasLtMatmulDesc_t product, cublasLtMatmulDescAttributes_t attribute,
                                              const void* value, std::size_t bytes) {
  if (bytes != sizeof(std::int32_t)) return CUBLAS_STATUS_INVALID_VALUE;
  std::int32_t operation = 0;
  std::memcpy(&operation, value, bytes);
  (attribute == CUBLASLT_MATMUL_DESC_TRANSA ? product->ta : product->tb) = operation == CUBLAS_OP_T;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatrixLayoutCreate(cublasLtMatrixLayout_t* made, cudaDataType_t type, std::uint64_t rows,
                                          std::uint64_t columns, std::int64_t leading) {
  *made = new EmulatedLayout{type, std::int64_t(rows), std::int64_t(columns), leading};
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatrixLayoutDestroy(cublasLtMatrixLayout_t layout) {
  delete layout;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatrixLayoutSetAttribute(cublasLtMatrixLayout_t layout,
                                                cublasLtMatrixLayoutAttribute_t attribute, const void* value,
                                                std::size_t bytes) {
  if (attribute == CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT) {
    std::int32_t count = 0;
    if (bytes != sizeof count) return CUBLAS_STATUS_INVALID_VALUE;
    std::memcpy(&count, value, bytes);
    layout->count = count;
    return CUBLAS_STATUS_SUCCESS;
  }
  if (bytes != sizeof layout->apart) return CUBLAS_STATUS_INVALID_VALUE;
  std::memcpy(&layout->apart, value, bytes);
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulPreferenceCreate(cublasLtMatmulPreference_t* made) {
  *made = new EmulatedPreference;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulPreferenceDestroy(cublasLtMatmulPreference_t preference) {
  delete preference;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulPreferenceSetAttribute(cublasLtMatmulPreference_t,
                                                    cublasLtMatmulPreferenceAttributes_t attribute, const void*,
                                                    std::size_t bytes) {
  const bool wide = attribute == CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES;
  return bytes == (wide ? 8U : 4U) ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_INVALID_VALUE;
}
cublasStatus_t cublasLtMatmulAlgoGetHeuristic(cublasLtHandle_t, cublasLtMatmulDesc_t product, cublasLtMatrixLayout_t a,
                                              cublasLtMatrixLayout_t b, cublasLtMatrixLayout_t c,
                                              cublasLtMatrixLayout_t d, cublasLtMatmulPreference_t, int,
                                              cublasLtMatmulHeuristicResult_t* results, int* found) {
  if (!fit(*product, *a, *b, *c) || !fit(*product, *a, *b, *d)) return CUBLAS_STATUS_INVALID_VALUE;
  *found = columns_of(*a, product->ta) == 3 ? 0 : 1;
  *results = {};
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulAlgoCheck(cublasLtHandle_t, cublasLtMatmulDesc_t product, cublasLtMatrixLayout_t a,
                                       cublasLtMatrixLayout_t b, cublasLtMatrixLayout_t c, cublasLtMatrixLayout_t,
                                       const cublasLtMatmulAlgo_t*, cublasLtMatmulHeuristicResult_t* result) {
  if (!fit(*product, *a, *b, *c)) return CUBLAS_STATUS_INVALID_VALUE;
  result->workspaceSize = (std::size_t{24} << 20) * std::size_t(c->count);
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmul(cublasLtHandle_t, cublasLtMatmulDesc_t product, const void* alpha, const void* a,
                              cublasLtMatrixLayout_t of_a, const void* b, cublasLtMatrixLayout_t of_b, const void* beta,
                              const void* c, cublasLtMatrixLayout_t of_c, void* d, cublasLtMatrixLayout_t of_d,
                              const cublasLtMatmulAlgo_t*, void*, std::size_t workspace_bytes, cudaStream_t stream) {
  if (!fit(*product, *of_a, *of_b, *of_c) || !fit(*product, *of_a, *of_b, *of_d)) return CUBLAS_STATUS_INVALID_VALUE;
  if ((std::size_t{24} << 20) * std::size_t(of_c->count) > workspace_bytes) return CUBLAS_STATUS_INVALID_VALUE;
  const auto typed = [&](auto zero) {
    using Real = decltype(zero);
    return multiply(Gemm<Real>{.ta = product->ta,
                               .tb = product->tb,
                               .m = of_d->rows,
                               .n = of_d->columns,
                               .k = columns_of(*of_a, product->ta),
                               .alpha = *static_cast<const Real*>(alpha),
                               .a = static_cast<const Real*>(a),
                               .lda = of_a->leading,
                               .b = static_cast<const Real*>(b),
                               .ldb = of_b->leading,
                               .beta = *static_cast<const Real*>(beta),
                               .c = static_cast<const Real*>(c),
                               .d = static_cast<Real*>(d),
                               .ldc = of_d->leading,
                               .count = of_d->count,
                               .a_apart = of_a->apart,
                               .b_apart = of_b->apart,
                               .c_apart = of_d->apart},
                    stream);
  };
  return product->type == CUDA_R_32F ? typed(0.0F) : typed(0.0);
}

// In place of the toolkit's libraries.
namespace hysteron::cuda {

void SharedLibrary::Close::operator()(void*) const {}
SharedLibrary::SharedLibrary(const std::string& file) : file_(file), path_("emulated/" + file) {}

void* SharedLibrary::address(const char* name) const {
#define ENTRY(function) \
  { #function, reinterpret_cast < void*>(&::function) }
  static const std::map<std::string, void*> known{ENTRY(cublasGetStatusString),
                                                  ENTRY(cublasCreate_v2),
                                                  ENTRY(cublasDestroy_v2),
                                                  ENTRY(cublasSetStream_v2),
                                                  ENTRY(cublasSetWorkspace_v2),
                                                  ENTRY(cublasSetMathMode),
                                                  ENTRY(cublasSgemm_v2_64),
                                                  ENTRY(cublasDgemm_v2_64),
                                                  ENTRY(cublasLtCreate),
                                                  ENTRY(cublasLtDestroy),
                                                  ENTRY(cublasLtMatmul),
                                                  ENTRY(cublasLtMatmulAlgoGetHeuristic),
                                                  ENTRY(cublasLtMatmulAlgoCheck),
                                                  ENTRY(cublasLtMatmulDescCreate),
                                                  ENTRY(cublasLtMatmulDescDestroy),
                                                  ENTRY(cublasLtMatmulDescSetAttribute),
                                                  ENTRY(cublasLtMatrixLayoutCreate),
                                                  ENTRY(cublasLtMatrixLayoutDestroy),
                                                  ENTRY(cublasLtMatrixLayoutSetAttribute),
                                                  ENTRY(cublasLtMatmulPreferenceCreate),
                                                  ENTRY(cublasLtMatmulPreferenceDestroy),
                                                  ENTRY(cublasLtMatmulPreferenceSetAttribute)};
#undef ENTRY
  return known.at(name);
}

}  // namespace hysteron::cuda
