// Where the shared libraries of CUDA are looked for.
#include "cuda/library_folders.hpp"

#include <cstdlib>
#include <fstream>

#include <gmock/gmock.h>

#include "tests/record_files.hpp"

namespace hysteron::cuda {
namespace {

using testing::ElementsAre;

class LibraryFolders : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* const variable : variables) ::unsetenv(variable);
    ::setenv("HOME", (folder_ / "home").c_str(), 1);
  }
  void TearDown() override {
    for (const char* const variable : variables) ::unsetenv(variable);
  }
  std::filesystem::path made(const std::string& inner) const {
    std::filesystem::create_directories(folder_ / inner);
    return folder_ / inner;
  }
  void name(const char* variable, const std::string& inner) const { ::setenv(variable, (folder_ / inner).c_str(), 1); }
  /// Those in the test's own folder; this machine may have others.
  std::vector<std::filesystem::path> found() const {
    std::vector<std::filesystem::path> own = library_folders();
    std::erase_if(own, [&](const std::filesystem::path& one) {
      return !one.string().starts_with(folder_.path().string() + "/");
    });
    return own;
  }

  static constexpr const char* variables[] = {"CUDA_HOME", "CUDA_PATH", "CONDA_PREFIX", "VIRTUAL_ENV"};
  TemporaryFolder folder_;
};

TEST_F(LibraryFolders, ToolkitsThatTheUserNames) {
  const auto home = made("cuda-12.8/lib64"), path = made("cuda-13/lib");
  name("CUDA_HOME", "cuda-12.8");
  name("CUDA_PATH", "cuda-13");
  EXPECT_THAT(found(), ElementsAre(home, path));
  name("CUDA_HOME", "nowhere");
  EXPECT_THAT(found(), ElementsAre(path));
}

TEST_F(LibraryFolders, CondaAndThePackagesOfPython) {
  const auto conda = made("conda/lib"), in_conda = made("conda/lib/python3.12/site-packages/nvidia/cu13/lib"),
             blas = made("venv/lib/python3.11/site-packages/nvidia/cublas/lib"),
             solver = made("venv/lib/python3.11/site-packages/nvidia/cusolver/lib"),
             own = made("home/.local/lib/python3.13/site-packages/nvidia/cublas/lib");
  EXPECT_THAT(found(), ElementsAre(own));
  name("VIRTUAL_ENV", "venv");
  EXPECT_THAT(found(), ElementsAre(blas, solver, own));
  name("CONDA_PREFIX", "conda");
  EXPECT_THAT(found(), ElementsAre(conda, blas, solver, in_conda, own));
}

TEST_F(LibraryFolders, WhatIsNoFolderIsPassedOver) {
  made("venv/lib/python3.11/site-packages/nvidia/cublas");  // without lib
  std::ofstream(made("venv/lib") / "python3.12") << "a file";
  name("VIRTUAL_ENV", "venv");
  ::setenv("CUDA_HOME", "", 1);
  EXPECT_THAT(found(), ElementsAre());
}

}  // namespace
}  // namespace hysteron::cuda
