#pragma once
#include <memory>
#include <string>

#include <hysteron/backend.hpp>
#include <hysteron/journal.hpp>

#include "runs/device_test.hpp"

namespace hysteron {

/// Tests the device, remembers what was found, and returns it.
DeviceTest tested_anew(const BackendDevice& device);

/// make_backend, except that `auto` takes no GPU that has not passed this build's test (device_test.hpp): a schedule
/// that failed is shut, a device that failed is passed over. A device that is asked for by name is taken untested. What
/// a test found is reported to the journal, if any, in one line.
std::unique_ptr<Backend> chosen_backend(const std::string& device, int threads, Journal* journal);

/// After a failure at work: `auto` takes no GPU in this process any more, and the next process tests it anew.
void give_up_device(const std::string& name);

}  // namespace hysteron
