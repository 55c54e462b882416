#include "files/folder_lock.hpp"

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <hysteron/error.hpp>

namespace hysteron {

FolderLock::FolderLock(const std::filesystem::path& folder, const std::string& what)
    : descriptor_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  if (descriptor_ < 0)
    throw data_error({.what = "cannot open the folder " + folder.string() + " of " + what,
                      .found = std::generic_category().message(errno)});
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return;
  ::close(descriptor_);
  throw usage_error({.what = what + " in " + folder.string() + " goes on in another process",
                     .hint = "wait for it, or name another folder with --out"});
}

bool is_locked(const std::filesystem::path& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return false;
  const bool locked = ::flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  ::close(descriptor);
  return locked;
}

FolderLock::~FolderLock() { ::close(descriptor_); }

}  // namespace hysteron
