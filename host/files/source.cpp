#include "files/source.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <hysteron/error.hpp>

namespace hysteron {

struct Source::Descriptor {
  explicit Descriptor(int opened) : number(opened) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { ::close(number); }
  int number;
};

namespace {

Error unreadable(const std::string& name, std::string reason, std::string hint) {
  return data_error({.what = "cannot read " + name, .found = std::move(reason), .hint = std::move(hint)});
}

Error too_short(const std::string& name, std::uint64_t at, std::uint64_t count, std::uint64_t size) {
  return data_error({.what = name + " ends too early",
                     .expected = fmt::format("{} bytes from byte {} on", count, at),
                     .found = fmt::format("a size of {} bytes", size),
                     .hint = "the file is cut short or damaged; write it again"});
}

}  // namespace

Source::Source(const std::filesystem::path& path) : name_(path.string()) {
  const int number = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // a pipe without a writer must not hang
  if (number < 0)
    throw unreadable(name_, std::generic_category().message(errno),
                     errno == ENOENT ? "check the path; it is relative to the present folder" : "");
  file_ = std::make_shared<const Descriptor>(number);
  struct stat status {};
  if (::fstat(number, &status) != 0) throw unreadable(name_, std::generic_category().message(errno), "");
  if (S_ISDIR(status.st_mode)) throw unreadable(name_, "a folder", "name the file in it");
  if (!S_ISREG(status.st_mode)) throw unreadable(name_, "a pipe or device", "write it to a file first");
  size_ = static_cast<std::uint64_t>(status.st_size);
}

Source::Source(std::string name, std::span<const std::byte> bytes)
    : name_(std::move(name)), size_(bytes.size()), memory_(bytes) {}

void Source::read(std::uint64_t at, std::span<std::byte> to) const {
  if (at > size_ || to.size() > size_ - at) throw too_short(name_, at, to.size(), size_);
  if (!file_) {
    std::copy_n(memory_.begin() + static_cast<std::ptrdiff_t>(at), to.size(), to.begin());
    return;
  }
  while (!to.empty()) {
    const ssize_t count = ::pread(file_->number, to.data(), to.size(), static_cast<off_t>(at));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw unreadable(name_, std::generic_category().message(errno), "");
    if (count == 0) throw too_short(name_, at, to.size(), at);  // it has been cut since it was opened
    at += static_cast<std::uint64_t>(count);
    to = to.subspan(static_cast<std::size_t>(count));
  }
}

std::vector<std::byte> Source::read(std::uint64_t at, std::uint64_t count) const {
  if (at > size_ || count > size_ - at) throw too_short(name_, at, count, size_);
  std::vector<std::byte> bytes(count);
  read(at, bytes);
  return bytes;
}

std::string read_text(const std::filesystem::path& path, std::uint64_t most) {
  const Source source(path);
  if (source.size() > most)
    throw data_error({.what = source.name() + " is too large",
                      .expected = fmt::format("at most {} bytes", most),
                      .found = fmt::format("{}", source.size())});
  std::string text(source.size(), '\0');
  source.read(0, std::as_writable_bytes(std::span(text)));
  return text;
}

}  // namespace hysteron
