#pragma once
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/record_files.hpp"

// The built program, run the way a user runs it.

extern char** environ;

namespace hysteron {

/// How a process ended and what it printed.
struct Ended {
  int code = -1;  ///< its exit code; if a signal ended it, minus the signal
  std::string out, err;

  /// The last line of stdout. If it is not one JSON object, the test fails and this is null.
  nlohmann::ordered_json json() const {
    const std::string text = out.substr(0, out.find_last_not_of('\n') + 1);
    const auto json = nlohmann::ordered_json::parse(text.substr(text.rfind('\n') + 1), nullptr, false);
    EXPECT_TRUE(json.is_object()) << "the last line of stdout is no JSON object:\n" << out << err;
    return json.is_object() ? json : nlohmann::ordered_json();
  }
};

/// A program that runs in a folder, with no HYSTERON_* in its environment except those given ("NAME=value").
class Child {
 public:
  Child(const std::string& program, std::vector<std::string> arguments, const std::filesystem::path& folder,
        std::vector<std::string> variables = {}) {
    static int count = 0;
    const std::string name = ".child-" + std::to_string(++count);
    out_ = folder / (name + ".out"), err_ = folder / (name + ".err");
    arguments.insert(arguments.begin(), program);
    for (char** entry = environ; *entry; ++entry)
      if (std::strncmp(*entry, "HYSTERON_", 9) != 0) variables.emplace_back(*entry);
    const std::vector<char*> argument_list = pointers(arguments), variable_list = pointers(variables);
    pid_ = ::fork();
    if (pid_ != 0) return;
    const auto put = [](const std::filesystem::path& file, int descriptor) {
      const int opened = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666);
      return opened >= 0 && ::dup2(opened, descriptor) >= 0;
    };
    if (put(out_, STDOUT_FILENO) && put(err_, STDERR_FILENO) && ::chdir(folder.c_str()) == 0)
      ::execve(program.c_str(), argument_list.data(), variable_list.data());
    ::_exit(127);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

  void send(int signal) const { ::kill(pid_, signal); }

  /// Waits until `there` exists; false if the process ends first.
  bool waits_for(const std::filesystem::path& there) {
    while (!std::filesystem::exists(there)) {
      if (::waitpid(pid_, &status_, WNOHANG) == pid_) {
        pid_ = -1;
        return false;
      }
      ::usleep(2000);
    }
    return true;
  }

  Ended wait() {
    if (pid_ > 0)
      while (::waitpid(pid_, &status_, 0) < 0 && errno == EINTR) continue;
    pid_ = -1;
    return {WIFEXITED(status_) ? WEXITSTATUS(status_) : -WTERMSIG(status_), contents(out_), contents(err_)};
  }

 private:
  static std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> all;
    for (std::string& text : texts) all.push_back(text.data());
    all.push_back(nullptr);
    return all;
  }

  std::filesystem::path out_, err_;
  pid_t pid_ = -1;
  int status_ = 0;
};

/// The words of a command line; none of them contains a space.
inline std::vector<std::string> words(const std::string& line) {
  std::vector<std::string> all;
  for (std::size_t at = 0; at < line.size();) {
    const std::size_t end = std::min(line.find(' ', at), line.size());
    if (end > at) all.push_back(line.substr(at, end - at));
    at = end + 1;
  }
  return all;
}

/// The built program on one thread: nothing that is tested depends on the number of threads.
class ProgramTest : public testing::Test {
 protected:
  Ended hysteron(const std::string& line, std::vector<std::string> variables = {}) const {
    variables.emplace_back("HYSTERON_THREADS=1");
    return Child(HYSTERON_PROGRAM, words(line), folder.path(), std::move(variables)).wait();
  }
  Ended succeeds(const std::string& line) const {
    Ended ended = hysteron(line);
    EXPECT_EQ(ended.code, 0) << line << "\n" << ended.err;
    return ended;
  }
  /// The message of a command line that must fail with this exit code and print nothing on stdout.
  std::string fails(int code, const std::string& line, std::vector<std::string> variables = {}) const {
    const Ended ended = hysteron(line, std::move(variables));
    EXPECT_EQ(ended.code, code) << line << "\n" << ended.err;
    EXPECT_EQ(ended.out, "") << line;
    // What was read may have been said before.
    EXPECT_NE(("\n" + ended.err).find("\nerror: "), std::string::npos) << line << "\n" << ended.err;
    return ended.err;
  }
  std::string bytes(const std::string& file) const {
    const std::string all = contents(folder / file);
    EXPECT_FALSE(all.empty()) << file;
    return all;
  }

  TemporaryFolder folder;
};

}  // namespace hysteron
