#pragma once
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <hysteron/error.hpp>

// What the tests of files share: bytes, a temporary folder, errors with their texts, and the largest allocation, so
// that no reader allocates what a lying header announces. Only one test file per program may include this.

namespace hysteron {

inline std::size_t largest_allocation = 0;

inline std::vector<std::byte> bytes_of(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

inline std::vector<std::byte> bytes_of_hex(std::string_view digits) {
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
    bytes.push_back(static_cast<std::byte>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16)));
  return bytes;
}

/// A number as `width` little-endian bytes.
inline std::string number_bytes(std::uint64_t number, int width) {
  std::string bytes;
  for (int i = 0; i < width; ++i) bytes += i < 8 ? static_cast<char>(number >> (8 * i)) : '\0';
  return bytes;
}

class TemporaryFolder {
 public:
  TemporaryFolder() {
    const auto* const test = ::testing::UnitTest::GetInstance()->current_test_info();
    std::string name = "hysteron-" + std::to_string(::getpid()) + "-" + test->test_suite_name() + "-" + test->name();
    std::replace(name.begin(), name.end(), '/', '-');  // in the name of a test with parameters
    path_ = std::filesystem::path(::testing::TempDir()) / name;
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code code;
    std::filesystem::remove_all(path_, code);
  }

  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(path_))
      names.push_back(entry.path().filename().string());
    return names;
  }

 private:
  std::filesystem::path path_;
};

inline void put(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}
inline void put(const std::filesystem::path& path, std::string_view text) { put(path, std::as_bytes(std::span(text))); }

inline std::string contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The message of the error of this kind that `work` throws.
template <class Work>
std::string message_of(ErrorKind kind, Work work) {
  try {
    work();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), kind) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "nothing was thrown";
  return "";
}

/// Whether `work` succeeded or threw a data error, and allocated no more than `most` bytes at once. Anything else
/// fails.
template <class Work>
bool survives(Work work, std::size_t most) {
  largest_allocation = 0;
  bool accepted = true;
  try {
    work();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::data) << error.what();
    accepted = false;
  }
  EXPECT_LE(largest_allocation, most);
  return accepted;
}

/// Calls read(bytes) with the file cut at every length, which must be refused, and with every byte changed in several
/// ways, which must be refused or read, without a large allocation.
template <class Read>
void damage(const std::vector<std::byte>& valid, Read read, std::size_t most) {
  for (std::size_t length = 0; length < valid.size(); ++length) {
    // A separate copy, so that the address sanitizer sees a read past its end.
    const std::vector<std::byte> cut(valid.begin(), valid.begin() + static_cast<std::ptrdiff_t>(length));
    EXPECT_FALSE(survives([&] { read(std::span(cut)); }, most)) << "cut at " << length;
  }
  for (std::size_t at = 0; at < valid.size(); ++at)
    for (const int change : {0x01, 0x80, 0xFF, 0x10}) {
      std::vector<std::byte> changed = valid;
      changed[at] ^= static_cast<std::byte>(change);
      survives([&] { read(std::span(changed)); }, most);
    }
}

}  // namespace hysteron

// Not inline: otherwise the compiler would see free() paired with a new that it takes for its own.
[[gnu::noinline]] void* operator new(std::size_t bytes) {
  hysteron::largest_allocation = std::max(hysteron::largest_allocation, bytes);
  if (void* const memory = std::malloc(bytes == 0 ? 1 : bytes)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  hysteron::largest_allocation = std::max(hysteron::largest_allocation, bytes);
  return std::malloc(bytes == 0 ? 1 : bytes);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
