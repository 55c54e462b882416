// The only place that catches errors and chooses the exit code.
#include <cstdio>
#include <exception>
#include <new>
#include <string>
#include <system_error>

#include <fmt/format.h>

#include <hysteron/error.hpp>
#include <hysteron/program.hpp>

#include "command_line/standard_streams.hpp"
#include "command_line/verbs.hpp"
#include "foundation/long_work.hpp"
#include "runs/stop_signal.hpp"

namespace hysteron {
namespace {

int failed(ErrorKind kind, const std::string& message) {
  std::fflush(stdout);
  tell(fmt::format("error: {}\n", message));
  return static_cast<int>(kind);
}

}  // namespace

int run_program(int count, char** arguments) {
  prepare_standard_streams();
  try {
    return Verbs().run({arguments, arguments + count});
  } catch (const Stopped&) {
    tell("stopped before there was anything to keep\n");
    return stopped_exit_code;
  } catch (const Error& error) {
    return failed(error.kind(), error.what());
  } catch (const std::bad_alloc&) {
    return failed(ErrorKind::device,
                  "out of memory\n  hint: fewer replicas, shorter sequences or a smaller batch need less");
  } catch (const std::system_error& error) {  // fmt throws it where a stream cannot be written
    const bool output = std::ferror(stdout) != 0;
    return failed(ErrorKind::data,
                  output ? fmt::format("cannot write the results to standard output\n  found {}", error.what())
                         : std::string(error.what()));
  } catch (const std::exception& error) {
    return failed(ErrorKind::defect, fmt::format("{} (a defect of hysteron)", error.what()));
  }
}

}  // namespace hysteron
