#pragma once
#include <string>

#include "handle.hpp"

namespace hysteron::cuda {

int close_library(void* library);

/// A shared library of the CUDA toolkit, opened at run time, so that a program that can use a GPU also starts on
/// machines without the toolkit. Looked for where the system looks, then in library_folders().
class SharedLibrary {
 public:
  /// file: "libcublas.so.13". Never throws: reason_against says what is missing.
  explicit SharedLibrary(const std::string& file);

  /// Empty, or the reason why the library cannot be used.
  const std::string& reason_against() const { return reason_; }

  /// Function: decltype(&cublasCreate), say. Throws a device error if the library or the function is missing.
  template <class Function>
  Function function(const char* name) const {
    return reinterpret_cast<Function>(address(name));
  }

 private:
  void* address(const char* name) const;

  std::string file_, reason_;
  Handle<void*, close_library> library_;
};

}  // namespace hysteron::cuda
