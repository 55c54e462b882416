#include "data/download.hpp"

#include <cerrno>
#include <csignal>
#include <string>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <hysteron/error.hpp>

namespace hysteron {
namespace {

// curl's exit codes (curl(1)), and the shell's for a program that does not exist.
constexpr int http_error = 22, write_error = 23, range_error = 33, resume_error = 36, no_program = 127;

std::uint64_t size_of(const std::filesystem::path& path) {
  std::error_code code;
  const std::uintmax_t size = std::filesystem::file_size(path, code);
  return code ? 0 : size;
}

// Whether a server says that it has nothing beyond what has already arrived.
bool out_of_range(const std::string& said) { return said.find("416") != std::string::npos; }

/// A running curl: it ends with this process, and its messages go into a pipe.
class Curl {
 public:
  explicit Curl(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "curl");
    std::vector<char*> pointers;  // made before the fork, after which nothing may be allocated
    for (std::string& argument : arguments) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw cannot_start(errno);
    messages_ = ends[0];
    const pid_t parent = ::getpid();
    pid_ = ::fork();
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGTERM);
      const int nothing = ::open("/dev/null", O_RDWR);
      if (::getppid() == parent && nothing >= 0 && ::dup2(nothing, STDIN_FILENO) >= 0 &&
          ::dup2(nothing, STDOUT_FILENO) >= 0 && ::dup2(ends[1], STDERR_FILENO) >= 0)
        ::execvp("curl", pointers.data());
      ::_exit(no_program);
    }
    ::close(ends[1]);
    if (pid_ < 0) {
      ::close(messages_);
      throw cannot_start(errno);
    }
  }
  Curl(const Curl&) = delete;
  Curl& operator=(const Curl&) = delete;
  ~Curl() {
    end();
    ::close(messages_);
  }

  /// Waits up to a tenth of a second, and returns whether it has ended.
  bool has_ended() {
    for (int i = 0; i < 10 && pid_ > 0; ++i) {
      if (::waitpid(pid_, &status_, WNOHANG) == pid_) {
        pid_ = -1;
        break;
      }
      ::usleep(10'000);
    }
    return pid_ < 0;
  }
  void end() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGTERM);
    while (::waitpid(pid_, &status_, 0) < 0 && errno == EINTR) continue;
    pid_ = -1;
  }
  /// Its exit code; if a signal ended it, 128 plus the signal's number.
  int code() const { return WIFEXITED(status_) ? WEXITSTATUS(status_) : 128 + WTERMSIG(status_); }
  /// What it said, without its own name in front. Call this once, after it has ended.
  std::string messages() const {
    std::string text;
    char piece[1024];
    for (ssize_t count; (count = ::read(messages_, piece, sizeof piece)) > 0;)
      text.append(piece, static_cast<std::size_t>(count));
    while (!text.empty() && text.back() == '\n') text.pop_back();
    if (text.starts_with("curl: ")) text.erase(0, 6);
    return text;
  }

 private:
  static Error cannot_start(int number) {
    return device_error({.what = "cannot start the program curl", .found = std::generic_category().message(number)});
  }

  pid_t pid_ = -1;
  int status_ = 0, messages_ = -1;
};

}  // namespace

Download download(const std::string& url, const std::filesystem::path& to,
                  const std::function<void(std::uint64_t)>& arrived, const std::function<bool()>& stop_requested) {
  Curl curl({"--globoff", "--fail", "--location", "--silent", "--show-error", "--proto", "=http,https",
             "--connect-timeout", "30", "--speed-limit", "1", "--speed-time", "60", "--continue-at", "-", "--output",
             to.string(), "--url", url});
  while (!curl.has_ended()) {
    arrived(size_of(to));
    if (!stop_requested()) continue;
    curl.end();
    return {.end = Download::End::stopped, .reason = "", .may_resume = true};
  }
  arrived(size_of(to));
  const int code = curl.code();
  if (code == 0) return {.end = Download::End::done, .reason = "", .may_resume = false};
  if (code > 128 && stop_requested())  // the terminal's Ctrl-C reaches curl too
    return {.end = Download::End::stopped, .reason = "", .may_resume = true};
  const std::string said = curl.messages();
  if (code == no_program)
    throw data_error({.what = "the program curl, which fetches data sets, was not found",
                      .hint = fmt::format("install it (Debian: apt-get install curl), or fetch {} yourself", url)});
  if (code == write_error)
    throw data_error({.what = "cannot write " + to.string(),
                      .found = said.empty() ? "an error while writing" : said,
                      .hint = "make room on the disk, or choose another folder with --data DIR; what has arrived is "
                              "kept, and the same command goes on from there"});
  return {.end = Download::End::failed,
          .reason = said.empty() ? fmt::format("curl ended with {}", code) : said,
          .may_resume = code != range_error && code != resume_error && !(code == http_error && out_of_range(said))};
}

}  // namespace hysteron
