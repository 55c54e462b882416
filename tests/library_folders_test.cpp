// Where the shared libraries of CUDA are looked for, and which is opened.
#include "cuda/library_folders.hpp"

#include <cstdlib>
#include <fstream>

#include <gmock/gmock.h>

#include "cuda/shared_library.hpp"
#include "tests/record_files.hpp"

namespace hysteron::cuda {
namespace {

using testing::AllOf, testing::ElementsAre, testing::HasSubstr;

class LibraryFolders : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* const variable : variables) ::unsetenv(variable);
    ::setenv("HOME", (folder_ / "home").c_str(), 1);
    ::setenv("PATH", (folder_ / "bin").c_str(), 1);
  }
  void TearDown() override {
    for (const char* const variable : variables) ::unsetenv(variable);
    ::setenv("PATH", path_.c_str(), 1);
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

  /// A copy of a library with the one function `answer`, under the name of another.
  std::filesystem::path copied_library(const std::filesystem::path& to) const {
    std::filesystem::copy_file(PRETENDED_LIBRARY, to / library);
    return to / library;
  }

  static constexpr const char* library = "libcublas.so.99";
  static constexpr const char* variables[] = {"CUDA_HOME", "CUDA_PATH", "CONDA_PREFIX", "VIRTUAL_ENV",
                                              "LD_LIBRARY_PATH"};
  const std::string path_ = std::getenv("PATH");
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

TEST_F(LibraryFolders, ThePackagesOfThePythonOnThePathAndEachFolderOnce) {
  const auto blas = made("env/lib/python3.11/site-packages/nvidia/cublas/lib"), first = made("first");
  std::ofstream(made("env/bin") / "python3") << "a program";
  ::setenv("PATH", ((folder_ / "bin").string() + ":" + (folder_ / "env/bin").string()).c_str(), 1);
  ::setenv("LD_LIBRARY_PATH", (":" + first.string() + ":" + first.string() + ":/nowhere").c_str(), 1);
  name("VIRTUAL_ENV", "env");
  EXPECT_THAT(found(), ElementsAre(first, blas));
}

TEST_F(LibraryFolders, TheLibraryOfTheFirstFolderIsTaken) {
  const auto in_conda = copied_library(made("conda/lib")), in_toolkit = copied_library(made("cuda-99/lib64"));
  name("CONDA_PREFIX", "conda");
  {
    const SharedLibrary opened(library);
    EXPECT_EQ(opened.reason_against(), "");
    EXPECT_EQ(opened.path(), in_conda);
    EXPECT_EQ(opened.function<int (*)()>("answer")(), 42);
  }
  name("CUDA_HOME", "cuda-99");
  EXPECT_EQ(SharedLibrary(library).path(), in_toolkit);
  ::setenv("LD_LIBRARY_PATH", (folder_ / "conda/lib").c_str(), 1);
  EXPECT_EQ(SharedLibrary(library).path(), in_conda);
}

TEST_F(LibraryFolders, AFileThatIsNoLibraryGivesWayToTheNextAndIsNamedIfThereIsNone) {
  std::ofstream(made("cuda-99/lib64") / library) << "not a library";
  name("CUDA_HOME", "cuda-99");
  const SharedLibrary none(library);
  EXPECT_EQ(none.path(), "");
  EXPECT_THAT(none.reason_against(), AllOf(HasSubstr((folder_ / "cuda-99/lib64" / library).string() + ": "),
                                           HasSubstr("looked for in " + (folder_ / "cuda-99/lib64").string()),
                                           HasSubstr("and where the system's loader looks")));
  EXPECT_THROW(none.function<int (*)()>("answer"), Error);
  const auto next = copied_library(made("conda/lib"));
  name("CONDA_PREFIX", "conda");
  EXPECT_EQ(SharedLibrary(library).path(), next);
}

TEST_F(LibraryFolders, AMissingFunctionNamesTheFile) {
  const auto file = copied_library(made("cuda-99/lib"));
  name("CUDA_HOME", "cuda-99");
  const SharedLibrary opened(library);
  try {
    opened.function<int (*)()>("question");
    ADD_FAILURE() << "found";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("question"), HasSubstr(file.string() + " without it")));
  }
}

}  // namespace
}  // namespace hysteron::cuda
