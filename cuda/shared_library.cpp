#include "shared_library.hpp"

#include <filesystem>

#include <dlfcn.h>

#include "library_folders.hpp"

namespace hysteron::cuda {

int close_library(void* library) { return dlclose(library); }

SharedLibrary::SharedLibrary(const std::string& file) : file_(file) {
  const auto open = [&](const std::string& path) {
    library_ = Handle<void*, close_library>(dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL));
    if (!library_ && reason_.empty())
      if (const char* const said = dlerror()) reason_ = said;  // the first place is where it should be
    return static_cast<bool>(library_);
  };
  // An LD_LIBRARY_PATH is obeyed by the first; the places are asked for only where that finds nothing.
  if (open(file)) return;
  for (const std::filesystem::path& folder : library_folders())
    if (open((folder / file).string())) {
      reason_.clear();
      return;
    }
  reason_ += "; nor is it where CUDA's libraries usually are";
}

void* SharedLibrary::address(const char* name) const {
  void* const found = library_ ? dlsym(library_.get(), name) : nullptr;
  if (!found)
    throw device_error({.what = "cannot use " + file_,
                        .expected = std::string("the function ") + name,
                        .found = library_ ? "a library without it" : reason_,
                        .hint = "install the CUDA toolkit, or name its folder in CUDA_HOME or LD_LIBRARY_PATH"});
  return found;
}

}  // namespace hysteron::cuda
