#include "runs/recorded_run.hpp"

#include <chrono>

#include <fmt/format.h>

#include <hysteron/io.hpp>

#include "files/atomic_file.hpp"
#include "records/run_result_file.hpp"
#include "report/page.hpp"
#include "runs/machine.hpp"
#include "runs/stop_signal.hpp"
#include "runs/training_run.hpp"

namespace hysteron {
namespace {

RunFolder folder_of(const Settings& settings, const Backend& backend, const RunPlace& place) {
  if (place.begin == RunPlace::Begin::resuming) {
    if (place.farther && has_checkpoint(place.path)) std::filesystem::remove(place.path / "result.json");
    RunFolder folder = RunFolder::resume(place.path);
    if (place.farther) write_file(folder.config(), settings.to_toml());
    return folder;
  }
  return RunFolder::create(place.path, place.begin == RunPlace::Begin::replacing ? Existing::replace : Existing::refuse,
                           settings.to_toml(), json_lines(environment_json(backend, place.arguments)) + "\n");
}

template <class Real>
RunResult record_as(const Settings& settings, const Configuration& configuration, Backend& backend, Journal& journal,
                    const RunPlace& place) {
  const auto made = training_run<Real>(backend, settings, configuration, journal);  // before the folder: it reads data
  TrainingRun<Real>& training = *made;
  const RunFolder folder = folder_of(settings, backend, place);
  journal.write_to(folder.journal());
  const auto start = std::chrono::steady_clock::now();
  const auto checkpoint = [&] {
    folder.write_checkpoint([&](const std::filesystem::path& to) { training.write_checkpoint(to); });
  };
  if (place.begin == RunPlace::Begin::resuming) {
    training.restore(folder.checkpoint());
    journal.event("resumed", {{"update", training.update()}});
  } else {
    journal.event("started", {{"device", backend.name()}, {"parameters", training.model().parameters().size()}});
    training.initialize();
    checkpoint();
  }
  const auto end = training.train(stop_requested, checkpoint);
  const bool stopped = end == TrainingRun<Real>::End::stopped;
  RunResult result =
      stopped ? RunResult{.steps = training.update(), .seed = settings.integer("seed")} : training.evaluate_best();
  result.run = folder.path().string();
  result.device = backend.name();
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (stopped) {
    journal.event("stopped", {{"update", training.update()}});
    return result;
  }
  const int replicas = training.model().replicas();
  for (int replica = 0; replica < replicas; ++replica)
    write_safetensors(model_path(folder.path(), replica, replicas),
                      model_file(training.model(), replica, settings.text("task.name"),
                                 training.seeds()[static_cast<std::size_t>(replica)]));
  folder.write_result(json_line(json_of(result)) + "\n");
  write_file(folder.report(), html_of(page_of({read_run(folder.path())})));
  return result;
}

}  // namespace

RunResult record_run(const Settings& settings, const Configuration& configuration, Backend& backend, Journal& journal,
                     const RunPlace& place) {
  listen_for_stop_signals();
  return with_precision(
      settings, [&](auto real) { return record_as<decltype(real)>(settings, configuration, backend, journal, place); });
}

RunResult record_run(const Settings& settings, const Configuration& configuration, Journal& journal, RunPlace place) {
  const bool others = is_run_folder(place.path);  // no run of this process: it is resumed, replaced or refused
  return on_chosen_device(settings, journal, [&](Backend& backend) {
    if (!others && is_run_folder(place.path))
      place.begin = has_checkpoint(place.path) ? RunPlace::Begin::resuming : RunPlace::Begin::replacing;
    return record_run(settings, configuration, backend, journal, place);
  });
}

}  // namespace hysteron
