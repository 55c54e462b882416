#include "cublas.hpp"

namespace hysteron::cuda {
namespace {

std::string file(const char* name) { return std::string(name) + ".so." + std::to_string(CUBLAS_VER_MAJOR); }

}  // namespace

Cublas::Cublas()
    : light_(file("libcublasLt")),
      whole_(file("libcublas")),
      lt_create(in_light<decltype(lt_create)>("cublasLtCreate")),
      lt_destroy(in_light<decltype(lt_destroy)>("cublasLtDestroy")),
      lt_product(in_light<decltype(lt_product)>("cublasLtMatmul")),
      lt_algorithms(in_light<decltype(lt_algorithms)>("cublasLtMatmulAlgoGetHeuristic")),
      lt_check(in_light<decltype(lt_check)>("cublasLtMatmulAlgoCheck")),
      lt_product_create(in_light<decltype(lt_product_create)>("cublasLtMatmulDescCreate")),
      lt_product_destroy(in_light<decltype(lt_product_destroy)>("cublasLtMatmulDescDestroy")),
      lt_product_set(in_light<decltype(lt_product_set)>("cublasLtMatmulDescSetAttribute")),
      lt_layout_create(in_light<decltype(lt_layout_create)>("cublasLtMatrixLayoutCreate")),
      lt_layout_destroy(in_light<decltype(lt_layout_destroy)>("cublasLtMatrixLayoutDestroy")),
      lt_layout_set(in_light<decltype(lt_layout_set)>("cublasLtMatrixLayoutSetAttribute")),
      lt_preference_create(in_light<decltype(lt_preference_create)>("cublasLtMatmulPreferenceCreate")),
      lt_preference_destroy(in_light<decltype(lt_preference_destroy)>("cublasLtMatmulPreferenceDestroy")),
      lt_preference_set(in_light<decltype(lt_preference_set)>("cublasLtMatmulPreferenceSetAttribute")),
      status_text(in_whole<decltype(status_text)>("cublasGetStatusString")),
      create(in_whole<decltype(create)>("cublasCreate_v2")),
      destroy(in_whole<decltype(destroy)>("cublasDestroy_v2")),
      set_stream(in_whole<decltype(set_stream)>("cublasSetStream_v2")),
      set_workspace(in_whole<decltype(set_workspace)>("cublasSetWorkspace_v2")),
      set_math_mode(in_whole<decltype(set_math_mode)>("cublasSetMathMode")),
      product_float(in_whole<decltype(product_float)>("cublasSgemm_v2_64")),
      product_double(in_whole<decltype(product_double)>("cublasDgemm_v2_64")) {}

const Cublas& Cublas::library() {
  static const Cublas& opened = *new Cublas;  // never closed: handles may live as long as the program
  return opened;
}

std::vector<std::string> Cublas::files() { return {file("libcublasLt"), file("libcublas")}; }

std::string Cublas::reason_against() {
  for (const std::string& name : files())
    if (const SharedLibrary library(name); !library.reason_against().empty())
      return "cuBLAS of CUDA " + std::to_string(CUBLAS_VER_MAJOR) +
             " is not found; install the CUDA toolkit, or name its folder in CUDA_HOME or LD_LIBRARY_PATH (" +
             library.reason_against() + ")";
  return "";
}

void require_success(cublasStatus_t status, const char* call) {
  if (status == CUBLAS_STATUS_SUCCESS) return;
  throw device_failure({.what = std::string(call) + " failed",
                        .found = std::string("cuBLAS says: ") + Cublas::library().status_text(status)});
}

cublasStatus_t destroy_cublas(cublasHandle_t handle) { return Cublas::library().destroy(handle); }
cublasStatus_t destroy_cublas_lt(cublasLtHandle_t handle) { return Cublas::library().lt_destroy(handle); }
cublasStatus_t destroy_product(cublasLtMatmulDesc_t description) {
  return Cublas::library().lt_product_destroy(description);
}
cublasStatus_t destroy_layout(cublasLtMatrixLayout_t layout) { return Cublas::library().lt_layout_destroy(layout); }
cublasStatus_t destroy_preference(cublasLtMatmulPreference_t preference) {
  return Cublas::library().lt_preference_destroy(preference);
}

}  // namespace hysteron::cuda
