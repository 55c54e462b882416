#include "records/run_history.hpp"

#include <fmt/format.h>

namespace hysteron {
namespace {

/// Events that report a value for every replica: their name, the key that counts them, and the key of the values.
struct CourseEvent {
  const char *name, *at, *values;
  Course RunHistory::*course;
};
constexpr CourseEvent course_events[] = {{"warmed", "step", "vaa_star", &RunHistory::warm_up},
                                         {"validated", "update", "valid_loss", &RunHistory::valid_loss},
                                         {"validated", "update", "valid_accuracy", &RunHistory::valid_accuracy},
                                         {"measured", "update", "vaa", &RunHistory::vaa},
                                         {"evaluated", "episode", "return", &RunHistory::returns},
                                         {"evaluated", "episode", "optimal", &RunHistory::optimal}};

RecordedMemory memory_of(const JsonObject& line) {
  RecordedMemory memory{.error_by_lag = line.numbers("error_by_lag"),
                        .variance_by_lag = line.numbers("variance_by_lag")};
  if (memory.error_by_lag.size() != memory.variance_by_lag.size())
    throw line.wrong("variance_by_lag", fmt::format("{} values, as error_by_lag", memory.error_by_lag.size()),
                     std::to_string(memory.variance_by_lag.size()));
  if (line.has("restitution") && !line.json()["restitution"].is_null()) memory.restitution = line.number("restitution");
  return memory;
}

}  // namespace

void add_line(RunHistory& history, const JsonObject& line, int replicas) {
  const std::string name = line.text("event");
  const auto count = [&](const char* key) { return static_cast<int>(line.count(key)); };
  for (const CourseEvent& event : course_events) {
    if (name != event.name || !line.has(event.at) || !line.has(event.values)) continue;
    std::vector<double> values = line.numbers(event.values);
    values.resize(static_cast<std::size_t>(replicas), std::numeric_limits<double>::quiet_NaN());
    (history.*event.course)[static_cast<std::int64_t>(line.count(event.at))] = std::move(values);
  }
  if (name == "memory") {
    const std::string when = line.text("when");
    if (when == "initialized") history.memory_start[count("replica")] = memory_of(line);
    if (when == "trained") history.memory_end[count("replica")] = memory_of(line);
  }
  if (name == "gradient")
    history.gradients[static_cast<std::int64_t>(line.count("update"))][count("replica")][count("layer")] =
        line.numbers("state_grad_norm");
}

}  // namespace hysteron
