#include "shared_library.hpp"

#include <filesystem>
#include <system_error>

#include <dlfcn.h>
#include <link.h>

#include <hysteron/error.hpp>

#include "library_folders.hpp"

namespace hysteron::cuda {
namespace {

std::string file_of(void* library) {
  const link_map* map = nullptr;
  return dlinfo(library, RTLD_DI_LINKMAP, &map) == 0 ? map->l_name : "";
}

}  // namespace

void SharedLibrary::Close::operator()(void* library) const { dlclose(library); }

SharedLibrary::SharedLibrary(const std::string& file) : file_(file) {
  std::string tried, unusable;
  const auto open = [&](const std::string& path) {
    library_.reset(dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL));
    if (library_) path_ = file_of(library_.get());
    return static_cast<bool>(library_);
  };
  for (const std::filesystem::path& folder : library_folders()) {
    tried += folder.string() + ", ";
    std::error_code code;
    if (!std::filesystem::exists(folder / file, code)) continue;
    if (open(folder / file)) return;
    unusable += std::string(dlerror()) + "; ";
  }
  if (open(file)) return;
  reason_ = unusable + dlerror() + "; looked for in " + tried + "and where the system's loader looks";
}

void* SharedLibrary::address(const char* name) const {
  void* const found = library_ ? dlsym(library_.get(), name) : nullptr;
  if (!found)
    throw device_error({.what = "cannot use " + file_,
                        .expected = std::string("the function ") + name,
                        .found = library_ ? path_ + " without it" : reason_,
                        .hint = "install the CUDA toolkit, or name its folder in CUDA_HOME or LD_LIBRARY_PATH"});
  return found;
}

}  // namespace hysteron::cuda
