#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace hysteron {

/// This program again, in a process of its own, with nothing to read: a computation that hangs or breaks there leaves
/// this process as it was. It knows that it is one by the variable HYSTERON_SELF_TEST. It ends with this object.
class OwnChild {
 public:
  explicit OwnChild(std::vector<std::string> arguments);
  OwnChild(const OwnChild&) = delete;
  OwnChild& operator=(const OwnChild&) = delete;
  ~OwnChild();

  enum class Line { read, ended, silent };
  /// The next line of its standard output; ended: there is none any more; silent: none came in that time.
  Line next_line(std::string& line, std::chrono::milliseconds patience);

  /// What it wrote to standard error, or how it ended, in one line. After Line::ended.
  std::string end();

 private:
  pid_t id_ = -1;
  int output_ = -1, errors_ = -1;
  std::string read_;  // of standard output, not yet given out
};

/// Whether this process is such a child.
bool is_own_child();

}  // namespace hysteron
