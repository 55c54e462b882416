#pragma once
#include <filesystem>
#include <string>

namespace hysteron {

/// An advisory lock on a folder itself: it ends with its descriptor, however the process ends, and leaves no file.
class FolderLock {
 public:
  /// what: "the run". Throws a usage error when another process holds the lock. A file system without locks is used
  /// without one.
  FolderLock(const std::filesystem::path& folder, const std::string& what);
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;
  ~FolderLock();

 private:
  int descriptor_;
};

/// Whether a process holds the lock now.
bool is_locked(const std::filesystem::path& folder);

}  // namespace hysteron
