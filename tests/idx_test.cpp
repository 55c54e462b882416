#include "files/idx.hpp"

#include <cstdlib>
#include <numeric>

#include <zlib.h>

#include "data/mnist_files.hpp"
#include "files/npy.hpp"
#include "tests/record_files.hpp"

namespace hysteron {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::size_t small = 1 << 17;  // the inflater's buffer is 64 KiB

std::string big_endian(std::uint32_t number) {
  std::string bytes = number_bytes(number, 4);
  return {bytes.rbegin(), bytes.rend()};
}

std::string idx_of(const std::vector<std::uint32_t>& shape, const std::string& values) {
  std::string file = std::string("\0\0\x08", 3) + static_cast<char>(shape.size());
  for (const std::uint32_t extent : shape) file += big_endian(extent);
  return file + values;
}

std::string gzip_of(const std::string& text) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, MAX_WBITS + 16, 9, Z_DEFAULT_STRATEGY), Z_OK);
  std::string packed(text.size() + 1000, '\0');
  std::string copy = text;
  stream.next_in = reinterpret_cast<Bytef*>(copy.data());
  stream.avail_in = static_cast<uInt>(copy.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  packed.resize(packed.size() - stream.avail_out);
  deflateEnd(&stream);
  return packed;
}

Array read(std::span<const std::byte> bytes) { return read_idx(Source("x-idx3-ubyte", bytes)); }
Array read(const std::string& file) { return read(std::as_bytes(std::span(file))); }
std::string refusal(const std::string& file) {
  return message_of(ErrorKind::data, [&] { read(file); });
}

const std::string two_images = idx_of({2, 2, 3}, "abcdefABCDEF");

TEST(Idx, ReadsPlainAndGzip) {
  for (const std::string& file : {two_images, gzip_of(two_images)}) {
    const Array array = read(file);
    EXPECT_EQ(array.dtype, DType::u8);
    EXPECT_THAT(array.shape, ElementsAre(2, 2, 3));
    EXPECT_EQ(array.bytes, bytes_of("abcdefABCDEF"));
  }
}

TEST(Idx, ReadsGzipLaidEndToEnd) {
  const Array array = read(gzip_of(two_images.substr(0, 9)) + gzip_of(two_images.substr(9)));
  EXPECT_EQ(array.bytes, bytes_of("abcdefABCDEF"));
}

TEST(Idx, ReadsMoreThanABuffer) {
  std::string values(300'000, '\0');
  std::uint32_t state = 1;  // noise, so that the compressed bytes are many as well
  for (char& value : values) value = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
  EXPECT_EQ(read(gzip_of(idx_of({300, 1000}, values))).bytes, bytes_of(values));
}

TEST(Idx, RefusesOtherFiles) {
  EXPECT_THAT(refusal("GIF89a"), AllOf(HasSubstr("not an idx file of unsigned bytes"), HasSubstr("47 49 46 38"),
                                       HasSubstr("while reading x-idx3-ubyte")));
  std::string floats = two_images;
  floats[2] = 0x0D;
  EXPECT_THAT(refusal(floats), HasSubstr("not an idx file of unsigned bytes"));
  EXPECT_THAT(refusal(gzip_of("GIF89a")), HasSubstr("not an idx file of unsigned bytes"));
  EXPECT_THAT(refusal(""), HasSubstr("ends too early"));
}

TEST(Idx, RefusesSizesThatDoNotFit) {
  for (const bool packed : {false, true}) {
    const auto file = [&](const std::string& plain) { return packed ? gzip_of(plain) : plain; };
    refusal(file(idx_of({2, 2, 3}, "abcdefABCDE")));
    refusal(file(idx_of({2, 2, 3}, "abcdefABCDEFG")));
    refusal(file(std::string("\0\0\x08\x03\0\0\0", 7)));
  }
  EXPECT_THAT(
      refusal(idx_of({2, 2, 3}, "abcdefABCDEFG")),
      AllOf(HasSubstr("the file is longer than its array"), HasSubstr("expected 28 bytes for [2, 2, 3], found 29")));
  EXPECT_THAT(refusal(gzip_of(two_images + "G")), HasSubstr("more unpacked bytes than its header announces"));
  EXPECT_THAT(refusal(gzip_of(idx_of({2, 2, 3}, "abc"))), HasSubstr("9 unpacked bytes too few"));
}

TEST(Idx, NoticesADamagedChecksum) {
  std::string file = gzip_of(two_images);
  file[file.size() - 8] ^= 1;
  EXPECT_THAT(refusal(file), HasSubstr("incorrect data check"));
}

TEST(Idx, AllocatesNothingOnALie) {
  const std::string lie = idx_of({0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF}, "abc"), large = idx_of({60000, 28, 28}, "abc");
  for (const std::string& file : {lie, large, gzip_of(lie), gzip_of(large)})
    EXPECT_FALSE(survives([&] { read(file); }, small));
}

TEST(Idx, SurvivesDamage) {
  for (const std::string& file : {two_images, gzip_of(two_images)})
    damage(
        bytes_of(file), [](std::span<const std::byte> bytes) { read(bytes); }, small);
}

/// A tiny data set: 3 training and 2 test images of 2 x 2.
const std::string train_images = idx_of({3, 2, 2}, "aaaabbbbcccc"), train_labels = idx_of({3}, "\x01\x02\x03");
const std::string test_images = idx_of({2, 2, 2}, "ddddeeee"), test_labels = idx_of({2}, "\x04\x09");

void put_idx(const std::filesystem::path& folder, const std::string& joint, bool packed) {
  std::filesystem::create_directories(folder);
  const auto put_one = [&](const std::string& name, const std::string& file) {
    put(folder / (name + (packed ? ".gz" : "")), packed ? gzip_of(file) : file);
  };
  put_one("train-images" + joint + "idx3-ubyte", train_images);
  put_one("train-labels" + joint + "idx1-ubyte", train_labels);
  put_one("t10k-images" + joint + "idx3-ubyte", test_images);
  put_one("t10k-labels" + joint + "idx1-ubyte", test_labels);
}

void expect_tiny(const Mnist& mnist) {
  EXPECT_THAT(mnist.train.images.shape, ElementsAre(3, 2, 2));
  EXPECT_EQ(mnist.train.images.bytes, bytes_of("aaaabbbbcccc"));
  EXPECT_EQ(mnist.train.labels.bytes, bytes_of("\x01\x02\x03"));
  EXPECT_EQ(mnist.test.images.bytes, bytes_of("ddddeeee"));
  EXPECT_EQ(mnist.test.labels.bytes, bytes_of("\x04\x09"));
}

TEST(Mnist, FindsTheUsualLayouts) {
  for (const char* const inner : {".", "mnist", "MNIST/raw", "mnist/MNIST/raw", "raw"})
    for (const char* const joint : {"-", "."})
      for (const bool packed : {false, true}) {
        const TemporaryFolder folder;
        put_idx(folder / inner, joint, packed);
        expect_tiny(read_mnist(find_mnist({folder / "none", folder.path()})));
      }
}

// A zip archive of stored members, as written by numpy.savez.
std::string zip_of(const std::vector<std::pair<std::string, std::vector<std::byte>>>& members) {
  std::string file, directory;
  for (const auto& [name, bytes] : members) {
    const std::string sizes = number_bytes(crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()), 4) +
                              number_bytes(bytes.size(), 4) + number_bytes(bytes.size(), 4);
    const std::string shared =
        number_bytes(20, 2) + number_bytes(0, 8) + sizes + number_bytes(name.size(), 2) + number_bytes(0, 2);
    directory +=
        "PK\x01\x02" + number_bytes(20, 2) + shared + number_bytes(0, 10) + number_bytes(file.size(), 4) + name;
    file += "PK\x03\x04" + shared + name + std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  return file + directory + "PK\x05\x06" + number_bytes(0, 4) + number_bytes(members.size(), 2) +
         number_bytes(members.size(), 2) + number_bytes(directory.size(), 4) + number_bytes(file.size(), 4) +
         number_bytes(0, 2);
}

std::vector<std::byte> npy_of(const std::string& idx) { return npy_bytes(read(idx)); }

TEST(Mnist, ReadsTheArchiveOfKeras) {
  const TemporaryFolder folder;
  put(folder / "mnist.npz", zip_of({{"x_train.npy", npy_of(train_images)},
                                    {"y_train.npy", npy_of(train_labels)},
                                    {"x_test.npy", npy_of(test_images)},
                                    {"y_test.npy", npy_of(test_labels)}}));
  expect_tiny(read_mnist(find_mnist({folder.path()})));
}

TEST(Mnist, SaysWhereItLooked) {
  const TemporaryFolder folder;
  EXPECT_THAT(message_of(ErrorKind::data,
                         [&] {
                           find_mnist({folder / "a", folder / "b"});
                         }),
              AllOf(HasSubstr("the digits of MNIST were not found"),
                    HasSubstr((folder / "a").string() + " (not there), " + (folder / "b").string()),
                    HasSubstr("task.data=DIR"), HasSubstr("HYSTERON_DATA")));
  EXPECT_THAT(message_of(ErrorKind::data, [] { find_mnist({}); }), HasSubstr("no folder: neither"));
  put_idx(folder.path(), "-", true);
  std::filesystem::remove(folder / "t10k-labels-idx1-ubyte.gz");
  EXPECT_THAT(message_of(ErrorKind::data, [&] { find_mnist({folder.path()}); }),
              HasSubstr(folder.path().string() + " lacks t10k-labels-idx1-ubyte"));
}

TEST(Mnist, RefusesFilesThatDoNotBelongTogether) {
  const auto refusal_of = [](const std::string& name, const std::string& file) {
    const TemporaryFolder folder;
    put_idx(folder.path(), "-", false);
    put(folder / name, file);
    return message_of(ErrorKind::data, [&] { read_mnist(find_mnist({folder.path()})); });
  };
  EXPECT_THAT(refusal_of("train-labels-idx1-ubyte", idx_of({2}, "\x01\x02")),
              AllOf(HasSubstr("training images and labels do not belong together"), HasSubstr("expected 3 labels")));
  EXPECT_THAT(refusal_of("t10k-labels-idx1-ubyte", idx_of({2}, "\x01\x0a")),
              AllOf(HasSubstr("test label 1 is no digit"), HasSubstr("found 10")));
  EXPECT_THAT(refusal_of("t10k-images-idx3-ubyte", idx_of({2, 1, 4}, "ddddeeee")),
              HasSubstr("training and test images differ in size"));
  EXPECT_THAT(
      refusal_of("t10k-images-idx3-ubyte", test_labels),
      AllOf(HasSubstr("test images has the wrong number of dimensions"), HasSubstr("expected [count, rows, columns]")));
  EXPECT_THAT(refusal_of("t10k-images-idx3-ubyte", "not idx at all"), HasSubstr("t10k-images-idx3-ubyte"));
}

TEST(DataFolders, ComeFromTheFlagTheEnvironmentAndTheCache) {
  EXPECT_THAT(data_folders("here"), ElementsAre("here"));
  ::setenv("HYSTERON_DATA", "/own", 1);
  ::setenv("XDG_CACHE_HOME", "/cache", 1);
  EXPECT_THAT(data_folders(""), ElementsAre("/own", "/cache/hysteron"));
  ::unsetenv("XDG_CACHE_HOME");
  ::setenv("HOME", "/home/me", 1);
  ::unsetenv("HYSTERON_DATA");
  EXPECT_THAT(data_folders(""), ElementsAre("/home/me/.cache/hysteron"));
}

TEST(Mnist, ReadsTheRealDigits) {
  const std::filesystem::path data = std::filesystem::path(HYSTERON_SOURCE_DIR) / ".." / "shared" / "data";
  if (!std::filesystem::exists(data / "mnist")) GTEST_SKIP() << "no real digits in " << data;
  const Mnist mnist = read_mnist(find_mnist({data}));
  EXPECT_THAT(mnist.train.images.shape, ElementsAre(60000, 28, 28));
  EXPECT_THAT(mnist.test.images.shape, ElementsAre(10000, 28, 28));
  const auto sum = [](const Array& array) {
    return std::accumulate(
        array.bytes.begin(), array.bytes.end(), std::uint64_t{0},
        [](std::uint64_t total, std::byte value) { return total + std::to_integer<std::uint64_t>(value); });
  };
  // The mean pixel of the training set is 0.1306604762738429 of 255, the mean label 4.4539.
  EXPECT_NEAR(static_cast<double>(sum(mnist.train.images)) / (60000.0 * 784 * 255), 0.1306604762738429, 1e-15);
  EXPECT_EQ(sum(mnist.train.labels), 267236u);
  EXPECT_THAT(std::vector<std::byte>(mnist.test.labels.bytes.begin(), mnist.test.labels.bytes.begin() + 3),
              ElementsAre(std::byte{7}, std::byte{2}, std::byte{1}));
}

}  // namespace
}  // namespace hysteron
