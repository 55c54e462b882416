#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "command_line/arguments.hpp"

namespace hysteron {

/// A verb of the program. Each file in host/commands is one.
class Command {
 public:
  static constexpr std::string_view noun = "command";
  virtual ~Command() = default;
  virtual std::vector<std::string> words() const = 0;            ///< how it is called: {"measure", "vaa"}
  virtual std::string example() const = 0;                       ///< command lines, with which help begins
  virtual std::string summary() const = 0;                       ///< one line
  virtual std::string description() const { return summary(); }  ///< paragraphs, which help wraps anew
  virtual void declare(Arguments& arguments) = 0;                ///< what it takes
  /// line: the whole command line. Results go to stdout. Returns the exit code; throws Error.
  virtual int run(const std::vector<std::string>& line) = 0;
};

}  // namespace hysteron
