#pragma once
#include <memory>
#include <string>
#include <vector>

#include <hysteron/backend.hpp>
#include <hysteron/journal.hpp>
#include <hysteron/settings.hpp>

#include "files/json.hpp"

namespace hysteron {

/// The keys of every verb: seed, replicas, device, threads, precision.
void declare_machine(Settings& settings);

/// The device and the schedule that the settings ask for. The journal, if any, must outlive the backend and is told
/// which schedule each kind of run takes, and why.
std::unique_ptr<Backend> backend_of(const Settings& settings, Journal* journal = nullptr);

/// What takes the place of a device that failed: the CPU if `auto` had chosen it, with a warning that says so;
/// otherwise the failure goes on its way.
std::unique_ptr<Backend> backend_instead(const DeviceFailure& failure, const Backend& failed, const Settings& settings,
                                         Journal& journal);

/// Runs work(backend) on that device. One that `auto` chose and that fails on the way gives way to the CPU, on which
/// the work begins again: it must leave nothing behind that hinders it.
template <class Work>
auto on_chosen_device(const Settings& settings, Journal& journal, const Work& work) {
  std::unique_ptr<Backend> backend = backend_of(settings, &journal);
  try {
    return work(*backend);
  } catch (const DeviceFailure& failure) {
    backend = backend_instead(failure, *backend, settings, journal);
  }
  return work(*backend);
}

/// Runs work(float{}) or work(double{}), depending on the precision in the settings.
template <class Work>
auto with_precision(const Settings& settings, const Work& work) {
  return settings.text("precision") == "double" ? work(double{}) : work(float{});
}

/// Where and with what a run is made: environment.json.
Json environment_json(const Backend& backend, const std::vector<std::string>& arguments);

}  // namespace hysteron
