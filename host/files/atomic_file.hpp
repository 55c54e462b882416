#pragma once
#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>

namespace hysteron {

/// Writes a file in which others see either the old bytes or all of the new ones, whatever happens in between: it is
/// written under a temporary name beside the target, flushed to the disk, then renamed. The folder must exist. Throws a
/// data error that says why it could not be written; then no temporary file is left, and an existing file is unchanged.
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path path);
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  ~AtomicFile();  ///< without commit(): as if nothing had been written

  void write(std::span<const std::byte> bytes);
  void write(std::string_view text);
  void commit();

 private:
  std::filesystem::path path_, temporary_;
  int descriptor_ = -1;
};

void write_file(const std::filesystem::path& path, std::span<const std::byte> bytes);
void write_file(const std::filesystem::path& path, std::string_view text);

/// Renames a file or folder and makes the new name durable: the folder that holds it is written to the disk.
void rename_durably(const std::filesystem::path& from, const std::filesystem::path& to);

/// Creates a folder and those above it; an existing folder is fine.
void make_folder(const std::filesystem::path& path);

}  // namespace hysteron
