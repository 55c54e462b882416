#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <hysteron/error.hpp>
#include <hysteron/random.hpp>
#include <hysteron/task.hpp>

#include "files/atomic_file.hpp"
#include "tests/made_task.hpp"

namespace hysteron {
namespace {

using ::testing::HasSubstr;

std::span<const float> sequence(const Sequences& all, int n) {
  const auto size = static_cast<std::size_t>(all.steps * all.features);
  return std::span(all.inputs).subspan(static_cast<std::size_t>(n) * size, size);
}

// A folder that belongs to this test and process only; it is removed with the object.
class Folder {
 public:
  explicit Folder(const std::string& name) {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    path_ = std::filesystem::path(::testing::TempDir()) /
            fmt::format("hysteron_{}_{}_{}_{}", test->test_suite_name(), test->name(), name, ::getpid());
    std::filesystem::create_directories(path_);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

std::string big_endian(std::uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>((value >> shift) & 255));
  return bytes;
}

// Pixel p of digit n: different at every place.
int pixel(int n, int p) { return (p * 7 + n * 13 + p / 256) % 256; }

std::string idx_images(int count, int rows = 28, int columns = 28) {
  std::string bytes = big_endian(0x803) + big_endian(static_cast<std::uint32_t>(count)) +
                      big_endian(static_cast<std::uint32_t>(rows)) + big_endian(static_cast<std::uint32_t>(columns));
  for (int n = 0; n < count; ++n)
    for (int p = 0; p < rows * columns; ++p) bytes.push_back(static_cast<char>(pixel(n, p)));
  return bytes;
}

std::string idx_labels(const std::vector<int>& labels) {
  std::string bytes = big_endian(0x801) + big_endian(static_cast<std::uint32_t>(labels.size()));
  for (const int label : labels) bytes.push_back(static_cast<char>(label));
  return bytes;
}

struct Digits {
  std::string images = idx_images(4), labels = idx_labels({3, 1, 4, 1}), test_images = idx_images(2),
              test_labels = idx_labels({5, 9});
};

class DigitFolder : public Folder {
 public:
  explicit DigitFolder(const Digits& digits = {}, const std::string& name = "digits") : Folder(name) {
    write_file(path() / "train-images-idx3-ubyte", digits.images);
    write_file(path() / "train-labels-idx1-ubyte", digits.labels);
    write_file(path() / "t10k-images-idx3-ubyte", digits.test_images);
    write_file(path() / "t10k-labels-idx1-ubyte", digits.test_labels);
  }
};

float scaled(int value) { return static_cast<float>(value / 255.0 - 0.5); }

TEST(SequentialMnist, ReadsPixelsInTheirOrder) {
  const DigitFolder digits;
  const std::string folder = digits.path().string();
  const TaskData data = made_task("sequential_mnist", {{"task.data", folder}, {"task.black", "30"}});
  EXPECT_EQ(data.loss, LossKind::cross_entropy);
  EXPECT_EQ(data.outputs, 10);
  EXPECT_EQ(data.read_steps, 1);
  EXPECT_DOUBLE_EQ(data.trivial_loss.value(), std::log(10.0));
  EXPECT_FALSE(data.solved_loss);
  EXPECT_EQ(data.solved_accuracy, 0.9);
  EXPECT_EQ(data.train.count, 4);
  EXPECT_EQ(data.train.steps, 784);
  EXPECT_EQ(data.train.features, 1);
  EXPECT_EQ(data.train.black, 30);
  EXPECT_EQ(data.train.total_steps(), 814);
  EXPECT_EQ(data.train.outputs, 10);
  EXPECT_EQ(data.train.labels, (std::vector<int>{3, 1, 4, 1}));
  EXPECT_EQ(data.test.labels, (std::vector<int>{5, 9}));
  EXPECT_EQ(data.test.black, 30);
  ASSERT_EQ(data.train.inputs.size(), 4u * 784);
  for (int n = 0; n < 4; ++n)
    for (int p = 0; p < 784; ++p) EXPECT_EQ(sequence(data.train, n)[static_cast<std::size_t>(p)], scaled(pixel(n, p)));
}

TEST(SequentialMnist, LimitsCountsToTheFirst) {
  const DigitFolder digits;
  const std::string folder = digits.path().string();
  const TaskData all = made_task("sequential_mnist", {{"task.data", folder}});
  for (const char* limit : {"task.train", "task.test"}) {
    const Error error = error_of_task("sequential_mnist", {{"task.data", folder}, {limit, "5"}});
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_THAT(error.what(), HasSubstr(limit));
    EXPECT_THAT(error.what(), HasSubstr("at most"));
  }
  const TaskData some = made_task(
      "sequential_mnist", {{"task.data", folder}, {"task.train", "3"}, {"task.test", "1"}, {"task.solved", "0.97"}});
  EXPECT_EQ(some.train.inputs, slice(all.train, 0, 3).inputs);
  EXPECT_EQ(some.train.labels, (std::vector<int>{3, 1, 4}));
  EXPECT_EQ(some.test.count, 1);
  EXPECT_EQ(some.solved_accuracy, 0.97);
}

TEST(PermutedMnist, PutsAllDigitsIntoOneOrder) {
  const DigitFolder digits;
  const std::string folder = digits.path().string();
  const TaskData data = made_task("permuted_mnist", {{"task.data", folder}, {"task.seed", "5"}});
  const std::vector<int> order = Random(5, Stream::permutation).permutation(784);
  EXPECT_NE(order, Random(6, Stream::permutation).permutation(784));
  EXPECT_EQ(data.train.steps, 784);
  for (const Sequences* all : {&data.train, &data.test})
    for (int n = 0; n < all->count; ++n)
      for (std::size_t p = 0; p < 784; ++p) EXPECT_EQ(sequence(*all, n)[p], scaled(pixel(n, order[p])));
}

TEST(RowMnist, CutsThePermutedPixelsIntoRows) {
  const DigitFolder digits;
  const std::string folder = digits.path().string();
  const TaskData permuted = made_task("permuted_mnist", {{"task.data", folder}});
  const TaskData rows = made_task("row_mnist", {{"task.data", folder}, {"task.black", "72"}});
  EXPECT_EQ(rows.train.steps, 28);
  EXPECT_EQ(rows.train.features, 28);
  EXPECT_EQ(rows.train.total_steps(), 100);
  EXPECT_EQ(rows.train.inputs, permuted.train.inputs);
  const TaskData plain = made_task("row_mnist", {{"task.data", folder}, {"task.permute", "false"}});
  EXPECT_EQ(plain.train.inputs, made_task("sequential_mnist", {{"task.data", folder}}).train.inputs);
}

TEST(Mnist, RefusesFilesThatDoNotFitTogether) {
  struct Case {
    const char* name;
    Digits digits;
    const char* expected;
  };
  const Case cases[] = {
      {"labels", {.labels = idx_labels({3, 1, 4})}, "3"},
      {"ten", {.labels = idx_labels({3, 1, 10, 1})}, "10"},
      {"picture", {.test_images = idx_images(2, 14, 28)}, "14"},
      {"swapped", {.images = idx_labels({1, 2}), .labels = idx_labels({1, 2})}, ""},
  };
  for (const Case& each : cases) {
    const DigitFolder folder(each.digits, each.name);
    const Error error = error_of_task("sequential_mnist", {{"task.data", folder.path().string()}});
    EXPECT_EQ(error.kind(), ErrorKind::data) << each.name;
    EXPECT_THAT(error.what(), HasSubstr(each.expected)) << each.name;
  }
}

TEST(Mnist, SaysWhereItLooked) {
  const Folder empty("empty");
  const std::string folder = empty.path().string();
  const Error error = error_of_task("row_mnist", {{"task.data", folder}});
  EXPECT_EQ(error.kind(), ErrorKind::data);
  EXPECT_THAT(error.what(), HasSubstr(folder));
  EXPECT_THAT(error.what(), HasSubstr("hint: "));
}

TEST(Mnist, RefusesSettingsOutOfRange) {
  const DigitFolder digits;
  const std::string folder = digits.path().string();
  EXPECT_EQ(error_of_task("row_mnist", {{"task.data", folder}, {"task.black", "-1"}}).kind(), ErrorKind::usage);
  EXPECT_EQ(error_of_task("row_mnist", {{"task.data", folder}, {"task.solved", "1.5"}}).kind(), ErrorKind::usage);
}

// The real digits, if available: in $HYSTERON_DATA, or beside the source folder.
std::string real_digits() {
  if (const char* folder = std::getenv("HYSTERON_DATA"); folder && *folder) return folder;
  const auto shared = std::filesystem::path(HYSTERON_SOURCE_DIR) / "../shared/data/mnist";
  return std::filesystem::exists(shared) ? shared.string() : "";
}

TEST(Mnist, ReadsTheRealDigits) {
  const std::string folder = real_digits();
  if (folder.empty())
    GTEST_SKIP() << "no MNIST in $HYSTERON_DATA or ../shared/data/mnist: its real files are not tested";
  const TaskData data = made_task("row_mnist", {{"task.data", folder}, {"task.permute", "false"}});
  ASSERT_EQ(data.train.count, 60000);
  ASSERT_EQ(data.test.count, 10000);
  EXPECT_THAT(std::vector<int>(data.train.labels.begin(), data.train.labels.begin() + 5),
              ::testing::ElementsAre(5, 0, 4, 1, 9));
  EXPECT_THAT(std::vector<int>(data.test.labels.begin(), data.test.labels.begin() + 5),
              ::testing::ElementsAre(7, 2, 1, 0, 4));
  // The well-known mean and standard deviation of the training pixels on the scale 0 .. 1: 0.1307 and 0.3081.
  double sum = 0, squares = 0;
  for (const float value : data.train.inputs) {
    sum += value + 0.5;
    squares += (value + 0.5) * (value + 0.5);
  }
  const double count = static_cast<double>(data.train.inputs.size()), average = sum / count;
  EXPECT_NEAR(average, 0.1307, 5e-5);
  EXPECT_NEAR(std::sqrt(squares / count - average * average), 0.3081, 5e-5);
  EXPECT_EQ(std::count(data.train.labels.begin(), data.train.labels.end(), 1), 6742);
}

}  // namespace
}  // namespace hysteron
