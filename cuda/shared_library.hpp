#pragma once
#include <memory>
#include <string>

namespace hysteron::cuda {

/// A shared library of the CUDA toolkit, opened at run time, so that a program that can use a GPU also starts on
/// machines without the toolkit. Looked for in library_folders(), then where the system's loader looks.
class SharedLibrary {
 public:
  /// file: "libcublas.so.13". Never throws: reason_against says what is missing.
  explicit SharedLibrary(const std::string& file);

  /// Empty, or the reason why the library cannot be used.
  const std::string& reason_against() const { return reason_; }
  /// The file that was taken; empty if there is a reason against it.
  const std::string& path() const { return path_; }

  /// Function: decltype(&cublasCreate), say. Throws a device error if the library or the function is missing.
  template <class Function>
  Function function(const char* name) const {
    return reinterpret_cast<Function>(address(name));
  }

 private:
  void* address(const char* name) const;

  struct Close {
    void operator()(void* library) const;
  };
  std::string file_, reason_, path_;
  std::unique_ptr<void, Close> library_;
};

}  // namespace hysteron::cuda
