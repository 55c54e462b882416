#include "runs/machine.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <thread>

#include <fmt/chrono.h>

#include <hysteron/version.hpp>

#include "runs/chosen_device.hpp"

namespace hysteron {

namespace {

std::vector<std::string> every_schedule() {
  std::vector<std::string> all;
  for (const BackendKind& kind : backend_kinds())
    for (const std::string& schedule : kind.schedules())
      if (std::find(all.begin(), all.end(), schedule) == all.end()) all.push_back(schedule);
  return all;
}

}  // namespace

void declare_machine(Settings& settings) {
  settings.declare("seed", 1,
                   "seed of replica 0; replica k has seed + k, and draws like a run of one replica with that seed",
                   range(0, 9e15));
  settings.declare("replicas", 1, "networks trained side by side", range(1, 65536));
  settings.declare("device", "auto", "auto | cpu | cuda | cuda:1");
  settings.declare("threads", 0, "CPU threads; 0: as many as the process may use", range(0, 4096));
  settings.declare(
      "schedule", "auto",
      "schedule of a GPU's time loop; auto chooses by shape, and -v says what it chose and why; a CPU has auto only",
      one_of(every_schedule()));
  settings.declare("precision", "float", "precision of every number in the network", one_of({"float", "double"}));
}

std::unique_ptr<Backend> backend_of(const Settings& settings, Journal* journal) {
  auto backend = chosen_backend(settings.text("device"), static_cast<int>(settings.integer("threads")), journal);
  backend->use_schedule(settings.text("schedule"));
  if (journal) {
    for (std::string& warning : backend->warnings()) journal->warning(std::move(warning));
    backend->on_schedule([journal](const ScheduleChoice& choice) {
      journal->event("schedule", {{"run", choice.run}, {"schedule", choice.schedule}, {"reason", choice.reason}});
    });
  }
  return backend;
}

std::unique_ptr<Backend> backend_instead(const DeviceFailure& failure, const Backend& failed, const Settings& settings,
                                         Journal& journal) {
  if (settings.text("device") != "auto") throw failure;
  journal.warning(fmt::format("{} failed: {}{}{}: the CPU begins again; --device {} insists", failed.name(),
                              failure.text().what, failure.text().found.empty() ? "" : ": ", failure.text().found,
                              failed.name()));
  give_up_device(failed.name());
  return backend_of(settings, &journal);
}

Json environment_json(const Backend& backend, const std::vector<std::string>& arguments) {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  return {{"hysteron", version},
          {"compiler", compiler},
          {"build_type", build_type},
          {"device", backend.name()},
          {"device_description", backend.description()},
          {"cores", std::thread::hardware_concurrency()},
          {"date", fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(now))},
          {"folder", std::filesystem::current_path().string()},
          {"command", arguments}};
}

}  // namespace hysteron
