#pragma once
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

namespace hysteron {

/// A verb of the program. A file in host/commands is one: measure_vaa.cpp is `hysteron measure vaa`.
class Command {
 public:
  static constexpr std::string_view noun = "command";
  virtual ~Command() = default;
  virtual std::string example() const = 0;  ///< what help begins with
  virtual std::string description() const = 0;
  virtual void declare(CLI::App& app) = 0;  ///< its options
  /// arguments: the whole command line. Results go to stdout. Returns the exit code; throws Error.
  virtual int run(const std::vector<std::string>& arguments) = 0;
};

}  // namespace hysteron
