#pragma once
#include <string>
#include <vector>

#include <cublasLt.h>
#include <cublas_v2.h>

#include "handle.hpp"
#include "shared_library.hpp"

namespace hysteron::cuda {

/// The cuBLAS functions in use. They are in two libraries; the second opens the first.
class Cublas {
 public:
  /// Opened on the first call, for the whole program. Throws a device error if the libraries are missing.
  static const Cublas& library();
  static std::string reason_against();
  /// The two libraries, the first first.
  static std::vector<std::string> files();

 private:
  SharedLibrary light_, whole_;

  Cublas();
  template <class Function>
  Function in_light(const char* name) const {
    return light_.function<Function>(name);
  }
  template <class Function>
  Function in_whole(const char* name) const {
    return whole_.function<Function>(name);
  }

 public:
  decltype(&::cublasLtCreate) lt_create;
  decltype(&::cublasLtDestroy) lt_destroy;
  decltype(&::cublasLtMatmul) lt_product;
  decltype(&::cublasLtMatmulAlgoGetHeuristic) lt_algorithms;
  decltype(&::cublasLtMatmulAlgoCheck) lt_check;
  decltype(&::cublasLtMatmulDescCreate) lt_product_create;
  decltype(&::cublasLtMatmulDescDestroy) lt_product_destroy;
  decltype(&::cublasLtMatmulDescSetAttribute) lt_product_set;
  decltype(&::cublasLtMatrixLayoutCreate) lt_layout_create;
  decltype(&::cublasLtMatrixLayoutDestroy) lt_layout_destroy;
  decltype(&::cublasLtMatrixLayoutSetAttribute) lt_layout_set;
  decltype(&::cublasLtMatmulPreferenceCreate) lt_preference_create;
  decltype(&::cublasLtMatmulPreferenceDestroy) lt_preference_destroy;
  decltype(&::cublasLtMatmulPreferenceSetAttribute) lt_preference_set;
  decltype(&::cublasGetStatusString) status_text;
  decltype(&::cublasCreate_v2) create;
  decltype(&::cublasDestroy_v2) destroy;
  decltype(&::cublasSetStream_v2) set_stream;
  decltype(&::cublasSetWorkspace_v2) set_workspace;
  decltype(&::cublasSetMathMode) set_math_mode;
  decltype(&::cublasSgemm_v2_64) product_float;
  decltype(&::cublasDgemm_v2_64) product_double;
};

/// Throws a device error that names the call and gives cuBLAS's own reason.
void require_success(cublasStatus_t status, const char* call);

cublasStatus_t destroy_cublas(cublasHandle_t handle);
cublasStatus_t destroy_cublas_lt(cublasLtHandle_t handle);
cublasStatus_t destroy_product(cublasLtMatmulDesc_t description);
cublasStatus_t destroy_layout(cublasLtMatrixLayout_t layout);
cublasStatus_t destroy_preference(cublasLtMatmulPreference_t preference);

using CublasHandle = Handle<cublasHandle_t, destroy_cublas>;
using CublasLtHandle = Handle<cublasLtHandle_t, destroy_cublas_lt>;
using ProductDescription = Handle<cublasLtMatmulDesc_t, destroy_product>;
using MatrixLayout = Handle<cublasLtMatrixLayout_t, destroy_layout>;
using ProductPreference = Handle<cublasLtMatmulPreference_t, destroy_preference>;

}  // namespace hysteron::cuda
