#include "shared_library.hpp"

#include <cstdlib>

#include <dlfcn.h>

namespace hysteron::cuda {

int close_library(void* library) { return dlclose(library); }

SharedLibrary::SharedLibrary(const std::string& file) : file_(file) {
  const auto open = [&](const std::string& path) {
    library_ = Handle<void*, close_library>(dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL));
    if (!library_ && reason_.empty())
      if (const char* const said = dlerror()) reason_ = said;  // the first place is where it should be
    return static_cast<bool>(library_);
  };
  bool found = open(file);
  for (const char* const variable : {"CUDA_HOME", "CUDA_PATH"})
    if (const char* const folder = std::getenv(variable); folder && !found)
      found = open(std::string(folder) + "/lib64/" + file);
  if (found || open("/usr/local/cuda/lib64/" + file)) reason_.clear();
}

void* SharedLibrary::address(const char* name) const {
  void* const found = library_ ? dlsym(library_.get(), name) : nullptr;
  if (!found)
    throw device_error({.what = "cannot use " + file_,
                        .expected = std::string("the function ") + name,
                        .found = library_ ? "a library without it" : reason_,
                        .hint = "install the CUDA toolkit, or name its folder in LD_LIBRARY_PATH"});
  return found;
}

}  // namespace hysteron::cuda
