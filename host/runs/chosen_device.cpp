#include "runs/chosen_device.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "runs/own_child.hpp"

namespace hysteron {
namespace {

/// A process whose GPU has failed cannot trust any other: the driver may be gone. A self-test runs on what it is given.
bool gpus_given_up = is_own_child();

/// Every run's journal has it; a program of several runs says it once.
void tell(Journal* journal, const std::string& warning) {
  static std::set<std::string> told;
  if (!journal) return;
  if (told.insert(warning).second)
    journal->warning(warning);
  else
    journal->event("device_test", {{"found", warning}});
}

std::string findings(const DeviceTest& test) {
  if (const std::string reason = test.reason_against(); !reason.empty()) return reason;
  std::string text;
  for (const auto& [schedule, reason] : test.shut())
    text += fmt::format("{}the schedule {} failed ({})", text.empty() ? "" : "; ", schedule, reason);
  return text;
}

std::unique_ptr<Backend> make_tested(const BackendDevice& device, const DeviceTest& test, int threads,
                                     Journal* journal) {
  std::unique_ptr<Backend> backend = make_backend(device.name, threads);
  for (const auto& [schedule, reason] : test.shut()) backend->shut_schedule(schedule, reason);
  if (!test.shut().empty())
    tell(journal, fmt::format("test of {}: {}: stepwise serves instead; hysteron info --device {} shows more, "
                              "--device {} insists",
                              device.name, findings(test), device.name, device.name));
  return backend;
}

std::unique_ptr<Backend> first_tested(int threads, Journal* journal) {
  for (const BackendDevice& device : usable_devices()) {
    if (device.identity.empty()) return make_backend(device.name, threads);
    if (gpus_given_up) continue;
    std::optional<DeviceTest> test = known_test(device.identity);
    if (!test) test = tested_anew(device);
    if (test->reason_against().empty()) return make_tested(device, *test, threads, journal);
    tell(journal, fmt::format("test of {}: {}: passed over; hysteron info --device {} shows more, --device {} insists",
                              device.name, findings(*test), device.name, device.name));
  }
  throw device_error({.what = "no device passed its test", .hint = "hysteron info shows what each of them found"});
}

/// What an earlier test found against a device that was asked for by name.
void tell_known_findings(const Backend& backend, Journal* journal) {
  for (const BackendDevice& device : usable_devices()) {
    if (device.name != backend.name() || device.identity.empty()) continue;
    const std::optional<DeviceTest> test = known_test(device.identity);
    if (const std::string found = test ? findings(*test) : ""; !found.empty())
      tell(journal, fmt::format("an earlier test of {} found: {}", device.name, found));
  }
}

}  // namespace

DeviceTest tested_anew(const BackendDevice& device) {
  DeviceTest test = test_device(device.name);
  remember_test(device.identity, test);
  return test;
}

std::unique_ptr<Backend> chosen_backend(const std::string& device, int threads, Journal* journal) {
  if (device == "auto") return first_tested(threads, journal);
  std::unique_ptr<Backend> backend = make_backend(device, threads);
  tell_known_findings(*backend, journal);
  return backend;
}

void give_up_device(const std::string& name) {
  gpus_given_up = true;
  for (const BackendKind& kind : backend_kinds())
    for (const BackendDevice& device : kind.devices())
      if (device.name == name) forget_test(device.identity);
}

}  // namespace hysteron
