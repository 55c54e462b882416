#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace hysteron {

/// Bytes in a file or in memory, read in pieces: a reader learns the size first, and allocates nothing for bytes that
/// do not exist.
class Source {
 public:
  /// Throws a data error when there is no such file, or it is a folder, a pipe or unreadable.
  explicit Source(const std::filesystem::path& path);
  /// The bytes must outlive the source. `name` is what messages call it.
  Source(std::string name, std::span<const std::byte> bytes);

  const std::string& name() const { return name_; }
  std::uint64_t size() const { return size_; }

  /// Throws a data error when not all the requested bytes exist.
  void read(std::uint64_t at, std::span<std::byte> to) const;
  std::vector<std::byte> read(std::uint64_t at, std::uint64_t count) const;

 private:
  struct Descriptor;

  std::string name_;
  std::uint64_t size_ = 0;
  std::shared_ptr<const Descriptor> file_;
  std::span<const std::byte> memory_;
};

/// The whole file as text; for small files. Throws a data error when it is larger than `most` bytes.
std::string read_text(const std::filesystem::path& path, std::uint64_t most = std::uint64_t{1} << 28);

}  // namespace hysteron
