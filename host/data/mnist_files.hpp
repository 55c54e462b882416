#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "files/array.hpp"

namespace hysteron {

/// The four files of MNIST, or the single archive of Keras.
struct MnistFiles {
  std::filesystem::path train_images, train_labels, test_images, test_labels;  ///< empty with an archive
  std::filesystem::path archive;                                               ///< mnist.npz, or empty

  std::vector<std::filesystem::path> all() const;  ///< those that are not empty
};

struct MnistDigits {
  Array images;  ///< u8 [count, rows, columns]
  Array labels;  ///< u8 [count], 0 .. 9
};

struct Mnist {
  MnistDigits train, test;
};

/// The folders in which data sets may be: only `data` if it is given (--data), otherwise those of $HYSTERON_DATA and
/// the cache ($XDG_CACHE_HOME/hysteron or ~/.cache/hysteron) that are set.
std::vector<std::filesystem::path> data_folders(std::string_view data);
/// For messages: "a, b (not there)", or a note that there is none.
std::string names_of(const std::vector<std::filesystem::path>& folders);

/// Looks in each folder itself, in its mnist/ and in torchvision's MNIST/raw, for *-idx3-ubyte or *.idx3-ubyte, with or
/// without .gz, or for mnist.npz. Throws a data error that lists where it looked and what was missing.
MnistFiles find_mnist(const std::vector<std::filesystem::path>& folders);

/// Whether find_mnist would find them in this folder.
bool holds_mnist(const std::filesystem::path& folder);

/// Checks that images and labels belong together. Throws a data error.
Mnist read_mnist(const MnistFiles& files);

}  // namespace hysteron
