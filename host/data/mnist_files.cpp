#include "data/mnist_files.hpp"

#include <algorithm>
#include <cstdlib>
#include <optional>

#include <fmt/format.h>

#include <hysteron/error.hpp>

#include "files/idx.hpp"
#include "files/npy.hpp"
#include "files/user_cache.hpp"

namespace hysteron {
namespace {

namespace fs = std::filesystem;

constexpr const char* inner_folders[] = {"", "mnist", "MNIST/raw", "mnist/MNIST/raw", "raw", "MNIST", "datasets"};

bool is_file(const fs::path& path) {
  std::error_code code;  // nothing is found in a folder that may not be read
  return fs::is_regular_file(path, code);
}

/// stem "train-images", kind "idx3-ubyte"; empty if there is none.
fs::path find_idx(const fs::path& folder, const std::string& stem, const std::string& kind) {
  for (const char* const joint : {"-", "."})
    for (const char* const ending : {"", ".gz"})
      if (const fs::path path = folder / (stem + joint + kind + ending); is_file(path)) return path;
  return {};
}

MnistDigits joined(MnistDigits digits, const std::string& name) {
  const Array &images = digits.images, &labels = digits.labels;
  expect_dimensions(images, name + " images", {"count", "rows", "columns"});
  expect_dimensions(labels, name + " labels", {"count"});
  for (const Array* const array : {&images, &labels})
    if (array->dtype != DType::u8)
      throw data_error({.what = name + " digits are of the wrong type",
                        .expected = "uint8",
                        .found = std::string(dtype_name(array->dtype))});
  if (images.shape[0] != labels.shape[0])
    throw data_error({.what = name + " images and labels do not belong together",
                      .expected = fmt::format("{} labels, one an image", images.shape[0]),
                      .found = fmt::format("{}", labels.shape[0]),
                      .hint = "fetch the data set again"});
  if (images.bytes.empty())
    throw data_error(
        {.what = name + " images are empty", .expected = "one image or more", .found = shape_text(images.shape)});
  const auto wrong = std::find_if(labels.bytes.begin(), labels.bytes.end(),
                                  [](std::byte label) { return std::to_integer<int>(label) > 9; });
  if (wrong != labels.bytes.end())
    throw data_error({.what = fmt::format("{} label {} is no digit", name, wrong - labels.bytes.begin()),
                      .expected = "0 to 9",
                      .found = fmt::format("{}", std::to_integer<int>(*wrong)),
                      .hint = "fetch the data set again"});
  return digits;
}

}  // namespace

std::vector<fs::path> data_folders(std::string_view data) {
  if (!data.empty()) return {fs::path(data)};
  std::vector<fs::path> folders;
  if (const char* const own = std::getenv("HYSTERON_DATA"); own && *own) folders.emplace_back(own);
  if (const fs::path cache = user_cache(); !cache.empty()) folders.push_back(cache);
  return folders;
}

std::string names_of(const std::vector<fs::path>& folders) {
  std::string names;
  std::error_code code;
  for (const fs::path& folder : folders)
    names += (names.empty() ? "" : ", ") + folder.string() + (fs::is_directory(folder, code) ? "" : " (not there)");
  return names.empty() ? "no folder: neither HYSTERON_DATA nor HOME is set" : names;
}

namespace {

/// The files in one folder or its inner folders; nearly: says which folder lacks some of the four.
std::optional<MnistFiles> mnist_in(const fs::path& outer, std::string& nearly) {
  for (const char* const inner : inner_folders) {
    const fs::path folder = *inner ? outer / inner : outer;
    const MnistFiles files{.train_images = find_idx(folder, "train-images", "idx3-ubyte"),
                           .train_labels = find_idx(folder, "train-labels", "idx1-ubyte"),
                           .test_images = find_idx(folder, "t10k-images", "idx3-ubyte"),
                           .test_labels = find_idx(folder, "t10k-labels", "idx1-ubyte"),
                           .archive = {}};
    std::string missing;
    const auto miss = [&](const fs::path& path, const char* name) {
      if (path.empty()) missing += (missing.empty() ? "" : ", ") + std::string(name);
      return path.empty() ? 1 : 0;
    };
    const int missed =
        miss(files.train_images, "train-images-idx3-ubyte") + miss(files.train_labels, "train-labels-idx1-ubyte") +
        miss(files.test_images, "t10k-images-idx3-ubyte") + miss(files.test_labels, "t10k-labels-idx1-ubyte");
    if (missed == 0) return files;
    if (missed < 4 && nearly.empty()) nearly = fmt::format("{} lacks {}", folder.string(), missing);
    if (const fs::path archive = folder / "mnist.npz"; is_file(archive))
      return MnistFiles{
          .train_images = {}, .train_labels = {}, .test_images = {}, .test_labels = {}, .archive = archive};
  }
  return std::nullopt;
}

}  // namespace

bool holds_mnist(const fs::path& folder) {
  std::string nearly;
  return mnist_in(folder, nearly).has_value();
}

std::vector<fs::path> MnistFiles::all() const {
  if (!archive.empty()) return {archive};
  return {train_images, train_labels, test_images, test_labels};
}

MnistFiles find_mnist(const std::vector<fs::path>& folders) {
  std::string nearly;
  for (const fs::path& outer : folders)
    if (const std::optional<MnistFiles> files = mnist_in(outer, nearly)) return *files;
  throw data_error(
      {.what = "the digits of MNIST were not found",
       .expected = "train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and "
                   "t10k-labels-idx1-ubyte (or .gz), or mnist.npz",
       .found =
           !nearly.empty() ? nearly : "none of them in " + names_of(folders) + ", nor in mnist/ or MNIST/raw/ there",
       .hint = "hysteron data get mnist fetches them; or name their folder: --set task.data=DIR, or HYSTERON_DATA"});
}

Mnist read_mnist(const MnistFiles& files) {
  const auto read = [&](const char* name, const fs::path& images, const fs::path& labels, const std::string& suffix) {
    if (files.archive.empty())
      return joined({.images = read_idx(Source(images)), .labels = read_idx(Source(labels))}, name);
    const Source archive(files.archive);
    return joined({.images = read_npz(archive, "x_" + suffix), .labels = read_npz(archive, "y_" + suffix)}, name);
  };
  Mnist mnist{.train = read("training", files.train_images, files.train_labels, "train"),
              .test = read("test", files.test_images, files.test_labels, "test")};
  const std::vector<std::int64_t>&train = mnist.train.images.shape, &test = mnist.test.images.shape;
  if (train[1] != test[1] || train[2] != test[2])
    throw data_error(
        {.what = "training and test images differ in size", .expected = shape_text(train), .found = shape_text(test)});
  return mnist;
}

}  // namespace hysteron
