#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <hysteron/backend.hpp>

#include "command_line/command.hpp"
#include "command_line/options.hpp"
#include "runs/machine.hpp"

namespace hysteron {

/// A verb that computes one result on one device. The result is a struct of typed values: print() gives it in words,
/// json() in keys; everything around that is the same for all such verbs.
template <class Result>
class ComputingCommand : public Command {
 public:
  int run(const std::vector<std::string>&) final {
    const Stopwatch watch;
    Settings settings = options_.settings();
    declare_settings(settings);
    const Result result = computed(settings);
    print(result);
    if (options_.json()) {
      const Json seed = seed_ ? Json(*seed_) : Json(nullptr);
      fmt::print("{}\n", json_line(complete_result(json(result), watch, backend(settings).name(), seed)));
    }
    return exit_code(result);
  }

 protected:
  virtual void declare_settings(Settings& settings) const { declare_machine(settings); }
  virtual Result compute(Settings& settings) = 0;
  virtual void print(const Result& result) const = 0;
  /// Without the keys that every result has: run, seconds, device, seed.
  virtual Json json(const Result& result) const = 0;
  virtual int exit_code(const Result&) const { return 0; }

  /// Made when it is first asked for, so that errors in files are reported before.
  Backend& backend(const Settings& settings) {
    if (!backend_) backend_ = backend_of(settings, &journal());
    return *backend_;
  }
  Journal& journal() {
    if (!journal_) journal_ = options_.journal();
    return *journal_;
  }

  Options options_;
  std::optional<std::uint64_t> seed_;  ///< what the result was drawn with; none: nothing was drawn

 private:
  Result computed(Settings& settings) {
    try {
      return compute(settings);
    } catch (const DeviceFailure& failure) {
      if (!backend_) throw;
      backend_ = backend_instead(failure, *backend_, settings, journal());
    }
    return compute(settings);
  }

  std::unique_ptr<Journal> journal_;  // outlives the backend, which reports its schedules to it
  std::unique_ptr<Backend> backend_;
};

}  // namespace hysteron
