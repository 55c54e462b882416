#include <algorithm>

#include <fmt/format.h>

#include <hysteron/registry.hpp>

#include "command_line/command.hpp"
#include "command_line/options.hpp"
#include "runs/self_test_lines.hpp"

namespace hysteron {
namespace {

class DeviceCheck final : public Command {
 public:
  std::vector<std::string> words() const override { return {"device", "check"}; }
  std::string example() const override { return "hysteron device check --device cuda:0"; }
  std::string summary() const override { return "test one device in this process; info and --device auto run it"; }
  std::string description() const override {
    return R"(Compares small computations on a device with the CPU's in double precision: one JSON object a line, as each
test begins and as it ends, then {"ends": true}. `hysteron info` and `--device auto` run it in a process of its own,
which a kernel that hangs cannot take along.)";
  }

  void declare(Arguments& arguments) override {
    arguments.add("--device", &device_, "cpu | cuda | cuda:1").value_name("TEXT").otherwise("auto, untested");
    arguments.add("--without", &without_, "leave out this schedule; may be repeated").value_name("SCHEDULE");
  }

  int run(const std::vector<std::string>&) override {
    const std::unique_ptr<Backend> device = make_backend(device_), reference = make_backend("cpu", 1);
    const auto say = [](const Json& line) {
      fmt::print("{}\n", json_line(line));
      std::fflush(stdout);
    };
    bool passed = true;
    for (const SelfTest& test : self_tests(*device)) {
      if (std::ranges::find(without_, test.schedule) != without_.end()) continue;
      say(begin_json(test));
      const std::optional<SelfTestResult> result = run_self_test(test, *device, *reference);
      if (!result) continue;
      say(json_of(*result));
      passed = passed && result->passed();
    }
    say(end_json());
    return passed ? 0 : static_cast<int>(ErrorKind::defect);
  }

 private:
  std::string device_ = "auto";
  std::vector<std::string> without_;
};

const Registration<Command> registration("device_check", [] { return std::make_unique<DeviceCheck>(); });

}  // namespace
}  // namespace hysteron
