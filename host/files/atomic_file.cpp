#include "files/atomic_file.hpp"

#include <cerrno>
#include <cstdio>
#include <string>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include <hysteron/error.hpp>

#include "files/write_failure.hpp"

namespace hysteron {
namespace {

Error cannot(const std::string& doing, const std::filesystem::path& path, int number) {
  return data_error({.what = "cannot " + doing + " " + path.string(),
                     .found = std::generic_category().message(number),
                     .hint = way_out_of(number)});
}

std::filesystem::path folder_of(const std::filesystem::path& path) {
  const std::filesystem::path folder = path.parent_path();
  return folder.empty() ? "." : folder;
}

void sync_folder(const std::filesystem::path& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) throw cannot("open the folder", folder, errno);
  const int status = ::fsync(descriptor), number = errno;
  ::close(descriptor);
  if (status != 0 && number != EINVAL && number != ENOTSUP) throw cannot("write", folder, number);  // not all can
}

}  // namespace

AtomicFile::AtomicFile(std::filesystem::path path) : path_(std::move(path)) {
  std::error_code code;
  if (std::filesystem::exists(path_, code)) {
    path_ = std::filesystem::canonical(path_, code);  // a link stays, and its target is replaced
    if (std::filesystem::is_directory(path_, code)) throw cannot("write", path_, EISDIR);
    if (!std::filesystem::is_regular_file(path_, code))
      throw data_error({.what = "cannot write " + path_.string(),
                        .expected = "a regular file, or nothing there",
                        .found = "a device or pipe"});
  }
  temporary_ = path_.string() + ".new-" + std::to_string(::getpid());
  descriptor_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (descriptor_ < 0) throw cannot("write", path_, errno);
}

AtomicFile::~AtomicFile() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  ::unlink(temporary_.c_str());
}

void AtomicFile::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor_, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw cannot("write", path_, errno);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

void AtomicFile::write(std::string_view text) { write(std::as_bytes(std::span(text))); }

void AtomicFile::commit() {
  if (::fsync(descriptor_) != 0) throw cannot("write", path_, errno);
  const int closed = ::close(std::exchange(descriptor_, -1));
  if (closed != 0 || std::rename(temporary_.c_str(), path_.c_str()) != 0) {
    const int number = errno;
    ::unlink(temporary_.c_str());
    throw cannot("write", path_, number);
  }
  sync_folder(folder_of(path_));
}

void write_file(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  AtomicFile file(path);
  file.write(bytes);
  file.commit();
}

void write_file(const std::filesystem::path& path, std::string_view text) {
  write_file(path, std::as_bytes(std::span(text)));
}

void rename_durably(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (std::rename(from.c_str(), to.c_str()) != 0) throw cannot("rename " + from.string() + " to", to, errno);
  sync_folder(folder_of(to));
}

void make_folder(const std::filesystem::path& path) {
  std::error_code code;
  std::filesystem::create_directories(path, code);
  if (code) throw cannot("create the folder", path, code.value());
}

}  // namespace hysteron
