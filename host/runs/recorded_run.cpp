#include "runs/recorded_run.hpp"

#include <chrono>

#include <fmt/format.h>

#include <hysteron/io.hpp>

#include "files/atomic_file.hpp"
#include "files/digest.hpp"
#include "files/source.hpp"
#include "foundation/long_work.hpp"
#include "records/run_result_file.hpp"
#include "report/page.hpp"
#include "runs/machine.hpp"
#include "runs/stop_signal.hpp"
#include "runs/training_run.hpp"

namespace hysteron {
namespace {

/// The files that the run reads, those included that only its beginning needs.
std::vector<RunInput> inputs_of_run(const Settings& settings, std::vector<RunInput> of_task) {
  if (const std::string& start = settings.text("model.start"); !start.empty())
    of_task.push_back(inputs_at({start}).front());
  return of_task;
}

RunFolder folder_of(const Settings& settings, const Backend& backend, const RunPlace& place,
                    const std::vector<RunInput>& of_task) {
  if (place.begin == RunPlace::Begin::resuming)
    return RunFolder::resume(place.path, place.farther ? Finished::taken : Finished::refused);
  Json environment = environment_json(backend, place.arguments);
  environment["inputs"] = inputs_json(inputs_of_run(settings, of_task));
  return RunFolder::create(place.path, place.begin == RunPlace::Begin::replacing ? Existing::replace : Existing::refuse,
                           settings.to_toml(), json_lines(environment) + "\n");
}

/// From the last checkpoint, or if that is damaged from the one before.
template <class Real>
void restore(TrainingRun<Real>& training, const RunFolder& folder, Journal& journal) {
  const std::string configuration = digest_of(read_text(folder.config()));
  try {
    return training.restore(folder.checkpoint(), configuration);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::data || !folder.has_earlier_checkpoint()) throw;
    training.restore(folder.earlier_checkpoint(), configuration);
    folder.take_earlier_checkpoint();
    journal.warning(fmt::format("{}; the run goes on from the checkpoint before it, at gradient step {}",
                                error.text().what, training.update()));
  }
}

template <class Real>
RunResult record_as(const Settings& settings, const Configuration& configuration, Backend& backend, Journal& journal,
                    const RunPlace& place) {
  const auto made = training_run<Real>(backend, settings, configuration, journal);  // before the folder: it reads data
  TrainingRun<Real>& training = *made;
  const bool resuming = place.begin == RunPlace::Begin::resuming;
  const RunFolder folder = folder_of(settings, backend, place, training.inputs());
  journal.write_to(folder.journal());
  const auto start = std::chrono::steady_clock::now();
  // A checkpoint belongs to this configuration; the first of a run that is to last longer to the one before it, too.
  std::vector<std::string> configurations{digest_of(resuming ? read_text(folder.config()) : settings.to_toml())};
  const auto checkpoint = [&] {
    folder.write_checkpoint([&](const std::filesystem::path& to) { training.write_checkpoint(to, configurations); });
  };
  const auto begin = [&] {
    if (resuming) {
      restore(training, folder, journal);
      if (place.farther) {
        configurations.push_back(digest_of(settings.to_toml()));
        checkpoint();
        folder.remove_result();
        write_file(folder.config(), settings.to_toml());
        configurations.erase(configurations.begin());
      }
      journal.event("resumed", {{"update", training.update()}});
    } else {
      journal.event("started", {{"device", backend.name()}, {"parameters", training.model().parameters().size()}});
      training.initialize();
      checkpoint();
    }
  };
  // A measurement or an evaluation that is given up leaves the run at its last checkpoint.
  RunResult result{.steps = 0, .seed = settings.integer("seed")};
  bool stopped = true;
  try {
    begin();
    stopped = training.train(stop_requested, checkpoint) == TrainingRun<Real>::End::stopped;
    if (!stopped) result = training.evaluate_best();
  } catch (const Stopped&) {
    stopped = true;
  }
  if (stopped) result.steps = training.update();
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
  for (const std::string& note : configuration.notes) journal.message(note);
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
