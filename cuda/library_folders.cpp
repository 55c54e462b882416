#include "library_folders.hpp"

#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <string>
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

/// The entries of a variable such as PATH.
std::vector<fs::path> entries(const char* variable) {
  std::vector<fs::path> found;
  const char* const value = std::getenv(variable);
  std::istringstream list(value ? value : "");
  for (std::string entry; std::getline(list, entry, ':');)
    if (!entry.empty()) found.emplace_back(entry);
  return found;
}

/// The prefix of the first python3 on $PATH: for /opt/venv/bin/python3 /opt/venv, also where that is a link.
std::vector<fs::path> folders_of_python_on_path() {
  std::error_code code;
  for (const fs::path& folder : entries("PATH"))
    if (fs::exists(folder / "python3", code)) return python_folders(folder.parent_path());
  return {};
}

}  // namespace

std::vector<fs::path> library_folders() {
  std::vector<fs::path> all;
  const auto add = [&all](const std::vector<fs::path>& folders) {
    std::error_code code;
    for (const fs::path& folder : folders)
      if (fs::is_directory(folder, code) && std::ranges::find(all, folder) == all.end()) all.push_back(folder);
  };
  const auto add_below = [&](const char* variable, const auto& folders_of) {
    if (const char* const value = std::getenv(variable); value && *value) add(folders_of(fs::path(value)));
  };
  const auto of_toolkit = [](const fs::path& toolkit) { return std::vector{toolkit / "lib64", toolkit / "lib"}; };
  add(entries("LD_LIBRARY_PATH"));
  add_below("CUDA_HOME", of_toolkit);
  add_below("CUDA_PATH", of_toolkit);
#ifdef HYSTERON_CUDA_LIBRARIES
  add({HYSTERON_CUDA_LIBRARIES});
#endif
  add_below("CONDA_PREFIX", [](const fs::path& prefix) { return std::vector{prefix / "lib"}; });
  add_below("VIRTUAL_ENV", python_folders);
  add_below("CONDA_PREFIX", python_folders);
  add(folders_of_python_on_path());
  add_below("HOME", [](const fs::path& home) { return python_folders(home / ".local"); });
  for (const char* const prefix : {"/usr/local", "/usr"}) add(python_folders(prefix));
  add({"/usr/local/cuda/lib64"});
  return all;
}

}  // namespace hysteron::cuda
