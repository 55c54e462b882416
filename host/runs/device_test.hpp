#pragma once
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <hysteron/backend.hpp>

#include "runs/self_test.hpp"

namespace hysteron {

/// What the self-tests of this build found on one device.
struct DeviceTest {
  std::vector<SelfTestResult> results;

  /// Why the device cannot be used; empty: it can.
  std::string reason_against() const;
  /// The schedules that failed, each with the reason; stepwise serves instead.
  std::vector<std::pair<std::string, std::string>> shut() const;
};

/// Runs the self-tests in a process of their own, with a time limit: one that hangs or breaks the device is a failure
/// like a wrong number, and the others are run without its schedule. What does not depend on a schedule, or fails on
/// the stepwise one too, speaks against the device. At most half a minute.
DeviceTest test_device(const std::string& device);

/// The verdict of an earlier test of this build on the same device, driver and libraries, from the user's cache
/// ($XDG_CACHE_HOME/hysteron/devices.json); nothing if there is none. identity: BackendDevice::identity.
std::optional<DeviceTest> known_test(const std::string& identity);
void remember_test(const std::string& identity, const DeviceTest& test);
void forget_test(const std::string& identity);

}  // namespace hysteron
