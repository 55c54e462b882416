// The devices that a user may ask for, and what is said about those that are not available.
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <hysteron/backend.hpp>

#include "tests/instruction_levels.hpp"

namespace hysteron {

namespace {

using testing::HasSubstr;

template <class Work>
Error error_of(const Work& work) {
  try {
    work();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "no error";
  return defect({});
}

TEST(Backends, TheCpuIsAlwaysThere) {
  EXPECT_EQ(make_backend("cpu")->name(), "cpu");
  EXPECT_THAT(make_backend("cpu", 3)->description(), HasSubstr("3 threads"));
  EXPECT_NO_THROW(make_backend("auto", 1));
}

TEST(Backends, AnUnknownDeviceIsAUsageErrorWithTheNearestName) {
  const Error error = error_of([] { make_backend("cpuu"); });
  EXPECT_EQ(error.kind(), ErrorKind::usage);
  EXPECT_THAT(error.what(), HasSubstr("did you mean \"cpu\"?"));
  EXPECT_EQ(error_of([] { make_backend("cpu:one"); }).kind(), ErrorKind::usage);
  EXPECT_EQ(error_of([] { make_backend("cpu", -1); }).kind(), ErrorKind::usage);
}

TEST(Backends, ADeviceThatIsNotThereIsADeviceError) {
  EXPECT_EQ(error_of([] { make_backend("cpu:1"); }).kind(), ErrorKind::device);
  EXPECT_EQ(error_of([] { make_backend("cuda:99"); }).kind(), ErrorKind::device);
}

TEST(Backends, MemoryIsClearedAndTooMuchIsRefusedWithTheBytes) {
  auto backend = make_backend("cpu", 1);
  for (const std::ptrdiff_t count : {1, 1000, 5'000'000}) {
    Tensor<float> tensor(*backend, {count});
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(tensor.data()) % 64, 0u);
    EXPECT_EQ(std::count(tensor.data(), tensor.data() + count, 0.0f), count);
  }
  const Error error = error_of([&] { backend->allocate(std::size_t(1) << 60); });
  EXPECT_EQ(error.kind(), ErrorKind::device);
  EXPECT_THAT(error.what(), HasSubstr("1152921504606846976"));
  EXPECT_EQ(error_of([&] { backend->allocate(std::numeric_limits<std::size_t>::max()); }).kind(), ErrorKind::device);
}

TEST(Backends, ALevelCanBeForced) {
  for (const std::string& level : runnable_level_names())
    EXPECT_THAT(backend_of_level(level, 1)->description(), HasSubstr("instructions " + level));
  const Error error = error_of([] { backend_of_level("v5", 1); });
  EXPECT_EQ(error.kind(), ErrorKind::usage);
  EXPECT_THAT(error.what(), HasSubstr("baseline, v3, v4"));
}

TEST(Backends, EveryCellHasKernelsAtEveryLevel) {
  ASSERT_FALSE(every_cell().empty());
  for (const InstructionLevel& level : runnable_levels()) {
    for (const CellInfo& cell : every_cell()) EXPECT_EQ(level.cell(cell.name).cell, cell.name);
    EXPECT_EQ(error_of([&] { level.cell("gruu"); }).kind(), ErrorKind::defect);
  }
}

}  // namespace

}  // namespace hysteron
