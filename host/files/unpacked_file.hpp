#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

namespace hysteron {

/// A file read piece by piece: unpacked if it is in gzip, else as it is.
class UnpackedFile {
 public:
  /// Throws a data error when there is no such file, or it is unreadable.
  explicit UnpackedFile(const std::filesystem::path& path);

  /// Fills `to` as far as it can; less than the whole only at the end, or where reading fails.
  std::size_t read(std::span<std::byte> to);
  /// Why it could not be read to its end, in words; empty: no problem so far.
  const std::string& problem() const { return problem_; }

 private:
  std::shared_ptr<void> file_;
  std::string problem_;
};

/// The whole file as text; for small files. Throws a data error when it is damaged, or holds more than `most` bytes.
std::string unpacked_text(const std::filesystem::path& path, std::uint64_t most = std::uint64_t{1} << 28);

/// The contents of a file, however it is packed: mirrors pack differently.
struct ContentsDigest {
  std::uint64_t bytes = 0;
  std::string sha256;   ///< 64 hexadecimal digits, small letters
  std::string problem;  ///< as in UnpackedFile
};

ContentsDigest contents_digest(const std::filesystem::path& path);

}  // namespace hysteron
