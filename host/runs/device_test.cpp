#include "runs/device_test.hpp"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include <hysteron/version.hpp>

#include "files/json_object.hpp"
#include "runs/own_child.hpp"
#include "runs/self_test_lines.hpp"

namespace hysteron {
namespace {

using std::chrono::milliseconds;

// A driver takes seconds to wake a machine of many devices; afterwards a test takes milliseconds, and a kernel that
// waits in vain traps after two seconds.
constexpr milliseconds patience_at_first{20000};
// A build for debugging, with sanitizers maybe, is slow on the host, and so is its emulated device.
milliseconds patience() { return milliseconds(build_type == "Debug" ? 16000 : 8000); }

/// The schedule without which every other one is of no use.
bool is_indispensable(const std::string& schedule) { return schedule.empty() || schedule == "stepwise"; }

std::string text(const SelfTestResult& result) {
  return fmt::format("{}{}{}: {}", result.name, result.schedule.empty() ? "" : ", ", result.schedule, result.failure);
}

/// One process: true if it came to its end, false with the test at which it broke off.
struct Round {
  bool complete = false;
  std::vector<SelfTestResult> results = {};
  SelfTestResult broken = {};
};

Round run_round(const std::string& device, const std::vector<std::string>& without) {
  std::vector<std::string> arguments{"device", "check", "--device", device};
  for (const std::string& schedule : without) arguments.insert(arguments.end(), {"--without", schedule});
  OwnChild child(std::move(arguments));
  Round round{.broken = {.name = "making the device ready", .schedule = ""}};
  std::string line;
  for (milliseconds limit = patience_at_first;; limit = patience()) {
    const OwnChild::Line next = child.next_line(line, limit);
    if (next == OwnChild::Line::silent) {
      round.broken.failure = fmt::format("no answer in {} s", limit.count() / 1000);
      return round;
    }
    if (next == OwnChild::Line::ended) {
      round.broken.failure = child.end();
      return round;
    }
    SelfTestLine said;
    try {
      said = self_test_line(line);
    } catch (const Error& error) {
      round.broken.failure = error.text().what;
      return round;
    }
    if (said.kind == SelfTestLine::Kind::begins) round.broken = said.result;
    if (said.kind == SelfTestLine::Kind::result) round.results.push_back(said.result);
    round.complete = said.kind == SelfTestLine::Kind::ends;
    if (round.complete) return round;
  }
}

}  // namespace

std::vector<std::pair<std::string, std::string>> DeviceTest::shut() const {
  std::vector<std::pair<std::string, std::string>> all;
  for (const SelfTestResult& result : results)
    if (!result.passed() && !is_indispensable(result.schedule) &&
        std::ranges::find(all, result.schedule, &std::pair<std::string, std::string>::first) == all.end())
      all.emplace_back(result.schedule, fmt::format("{}: {}", result.name, result.failure));
  return all;
}

std::string DeviceTest::reason_against() const {
  const auto against = std::ranges::find_if(
      results, [](const SelfTestResult& result) { return !result.passed() && is_indispensable(result.schedule); });
  return against == results.end() ? "" : text(*against);
}

DeviceTest test_device(const std::string& device) {
  DeviceTest test;
  std::vector<SelfTestResult> broken;
  for (std::vector<std::string> without;;) {
    Round round = run_round(device, without);
    test.results = std::move(round.results);
    if (!round.complete) broken.push_back(round.broken);
    if (round.complete || is_indispensable(round.broken.schedule)) break;
    without.push_back(round.broken.schedule);
  }
  test.results.insert(test.results.end(), broken.begin(), broken.end());
  return test;
}

}  // namespace hysteron
