// A library that is loaded before the C library (LD_PRELOAD) and makes one call that changes files fail:
//   FAULT_AT    the number of the call, from 1 on; counted are writes, renames and syncs of regular files and folders
//   FAULT_KIND  kill: the process ends before it; half: in the middle of it, for a write, else after it; ENOSPC, EIO:
//   the
//               call fails
//   FAULT_COUNT a file into which the number of calls is written at the end
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

namespace {

std::atomic<long> calls{0};

template <class Function>
Function next(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

bool is_file(int descriptor) {
  struct stat status {};
  return descriptor > 2 && fstat(descriptor, &status) == 0 && (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode));
}

enum class Fault { none, kill, half, fail };

Fault fault_of_this_call() {
  static const char* const at = std::getenv("FAULT_AT");
  static const char* const kind = std::getenv("FAULT_KIND");
  const long number = ++calls;
  if (!at || !kind || std::atol(at) != number) return Fault::none;
  if (std::strcmp(kind, "kill") == 0) return Fault::kill;
  return std::strcmp(kind, "half") == 0 ? Fault::half : Fault::fail;
}

int fail() {
  errno = std::strcmp(std::getenv("FAULT_KIND"), "EIO") == 0 ? EIO : ENOSPC;
  return -1;
}

[[noreturn]] void die() { _exit(137); }

/// A call that is done wholly or not at all.
template <class Call>
int whole(Call call) {
  const Fault fault = fault_of_this_call();
  if (fault == Fault::kill) die();
  if (fault == Fault::fail) return fail();
  const int result = call();
  if (fault == Fault::half) die();
  return result;
}

struct Counter {
  ~Counter() {
    const char* const path = std::getenv("FAULT_COUNT");
    if (!path) return;
    if (FILE* const file = std::fopen(path, "w")) {
      std::fprintf(file, "%ld\n", calls.load());
      std::fclose(file);
    }
  }
} counter;

}  // namespace

extern "C" {

ssize_t write(int descriptor, const void* bytes, size_t count) {
  static const auto real = next<ssize_t (*)(int, const void*, size_t)>("write");
  if (!is_file(descriptor)) return real(descriptor, bytes, count);
  const Fault fault = fault_of_this_call();
  if (fault == Fault::kill) die();
  if (fault == Fault::fail) return fail();
  if (fault == Fault::half) {
    real(descriptor, bytes, count / 2);
    die();
  }
  return real(descriptor, bytes, count);
}

ssize_t writev(int descriptor, const struct iovec* parts, int count) {
  static const auto real = next<ssize_t (*)(int, const struct iovec*, int)>("writev");
  if (!is_file(descriptor)) return real(descriptor, parts, count);
  const Fault fault = fault_of_this_call();
  if (fault == Fault::kill) die();
  if (fault == Fault::fail) return fail();
  const ssize_t written = real(descriptor, parts, fault == Fault::half ? count / 2 : count);
  if (fault == Fault::half) die();
  return written;
}

int rename(const char* from, const char* to) noexcept {
  static const auto real = next<int (*)(const char*, const char*)>("rename");
  return whole([&] { return real(from, to); });
}

int fsync(int descriptor) {
  static const auto real = next<int (*)(int)>("fsync");
  return whole([&] { return real(descriptor); });
}

}  // extern "C"
