#include "library_folders.hpp"

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <system_error>

namespace hysteron::cuda {
namespace {

namespace fs = std::filesystem;

/// The folders inside `outer`, by name; none if it is not there or cannot be read.
std::vector<fs::path> folders_in(const fs::path& outer) {
  std::vector<fs::path> inner;
  std::error_code code;
  for (fs::directory_iterator at(outer, code), end; !code && at != end; at.increment(code))
    if (at->is_directory(code)) inner.push_back(at->path());
  std::ranges::sort(inner);
  return inner;
}

/// nvidia/cublas/lib, nvidia/cu13/lib, .. below a prefix such as a virtual environment: lib/python3.11/site-packages.
std::vector<fs::path> python_folders(const fs::path& prefix) {
  std::vector<fs::path> found;
  for (const fs::path& python : folders_in(prefix / "lib")) {
    if (!python.filename().string().starts_with("python3")) continue;
    for (const char* const packages : {"site-packages", "dist-packages"})
      for (const fs::path& package : folders_in(python / packages / "nvidia")) found.push_back(package / "lib");
  }
  return found;
}

}  // namespace

std::vector<fs::path> library_folders() {
  std::vector<fs::path> all;
  const auto add_below = [&](const char* variable, const auto& folders_of) {
    const char* const value = std::getenv(variable);
    if (!value || !*value) return;
    for (const fs::path& folder : folders_of(fs::path(value))) all.push_back(folder);
  };
  const auto of_toolkit = [](const fs::path& toolkit) { return std::vector{toolkit / "lib64", toolkit / "lib"}; };
  add_below("CUDA_HOME", of_toolkit);
  add_below("CUDA_PATH", of_toolkit);
  add_below("CONDA_PREFIX", [](const fs::path& prefix) { return std::vector{prefix / "lib"}; });
  add_below("VIRTUAL_ENV", python_folders);
  add_below("CONDA_PREFIX", python_folders);
  add_below("HOME", [](const fs::path& home) { return python_folders(home / ".local"); });
  for (const char* const prefix : {"/usr/local", "/usr"})
    for (const fs::path& folder : python_folders(prefix)) all.push_back(folder);
#ifdef HYSTERON_CUDA_LIBRARIES
  all.emplace_back(HYSTERON_CUDA_LIBRARIES);
#endif
  all.emplace_back("/usr/local/cuda/lib64");
  std::erase_if(all, [](const fs::path& folder) {
    std::error_code code;
    return !fs::is_directory(folder, code);
  });
  return all;
}

}  // namespace hysteron::cuda
