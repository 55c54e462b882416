#include "runs/own_child.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <system_error>
#include <thread>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <hysteron/error.hpp>

extern char** environ;

namespace hysteron {
namespace {

constexpr const char* mark = "HYSTERON_SELF_TEST";

Error failed(const std::string& what) {
  return device_error({.what = what + " failed", .found = std::generic_category().message(errno)});
}

std::array<int, 2> make_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) throw failed("making a pipe");
  return ends;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (std::string& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

/// What is left of a stream, at most this much of it.
std::string rest_of(int descriptor) {
  std::string text(4096, '\0');
  const ssize_t count = read(descriptor, text.data(), text.size());
  text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return text;
}

/// The program's own message ("error: .." over several lines) on one line, without its hint.
std::string in_one_line(std::string text) {
  text = text.substr(0, text.find("\n  hint: "));
  while (text.ends_with('\n')) text.pop_back();
  if (text.starts_with("error: ")) text.erase(0, 7);
  for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos;)
    text.replace(at, 1, text[at + 1] == ' ' ? "," : ", ");
  for (std::size_t at = 0; (at = text.find("  ", at)) != std::string::npos;) text.erase(at, 1);
  return text;
}

}  // namespace

OwnChild::OwnChild(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "hysteron");
  std::vector<std::string> variables{std::string(mark) + "=1"};
  for (char** entry = environ; *entry; ++entry) variables.emplace_back(*entry);
  const std::vector<char*> argument_list = pointers(arguments), variable_list = pointers(variables);
  const std::array<int, 2> output = make_pipe(), errors = make_pipe();
  id_ = fork();
  if (id_ == 0) {
    // Only calls that are safe after a fork.
    const int nothing = open("/dev/null", O_RDONLY);
    dup2(nothing, STDIN_FILENO);
    dup2(output[1], STDOUT_FILENO);
    dup2(errors[1], STDERR_FILENO);
    execve("/proc/self/exe", argument_list.data(), variable_list.data());
    _exit(127);
  }
  close(output[1]);
  close(errors[1]);
  output_ = output[0], errors_ = errors[0];
  fcntl(errors_, F_SETFL, O_NONBLOCK);
  if (id_ < 0) throw failed("starting another process");
}

// A process whose kernel hangs may take its time to die: it is not waited for.
OwnChild::~OwnChild() {
  close(output_);
  close(errors_);
  if (id_ <= 0) return;
  kill(id_, SIGKILL);
  for (int wait = 0; wait < 100 && waitpid(id_, nullptr, WNOHANG) == 0; ++wait)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
}

OwnChild::Line OwnChild::next_line(std::string& line, std::chrono::milliseconds patience) {
  const auto end = std::chrono::steady_clock::now() + patience;
  for (;;) {
    if (const std::size_t at = read_.find('\n'); at != std::string::npos) {
      line = read_.substr(0, at);
      read_.erase(0, at + 1);
      return Line::read;
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    pollfd watched{.fd = output_, .events = POLLIN, .revents = 0};
    if (left.count() <= 0 || poll(&watched, 1, static_cast<int>(left.count())) == 0) return Line::silent;
    const std::string more = rest_of(output_);
    if (more.empty() && errno != EINTR) return Line::ended;
    read_ += more;
  }
}

std::string OwnChild::end() {
  const std::string said = in_one_line(rest_of(errors_));
  int status = 0;
  while (waitpid(id_, &status, 0) < 0 && errno == EINTR) continue;
  id_ = -1;
  const std::string how = WIFSIGNALED(status) ? fmt::format("a process ended by signal {}", WTERMSIG(status))
                                              : fmt::format("a process ended with code {}", WEXITSTATUS(status));
  return said.empty() ? how : said;
}

bool is_own_child() { return std::getenv(mark) != nullptr; }

}  // namespace hysteron
