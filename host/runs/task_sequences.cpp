#include "runs/task_sequences.hpp"

#include <memory>

#include <hysteron/registry.hpp>
#include <hysteron/task.hpp>

namespace hysteron {

void TaskSequences::declare(CLI::App& app) {
  app.add_option("--data", data, "a data set: mnist with --variant, or any task; its keys with --set task.…=");
  app.add_option("--variant", variant, "sequential | permuted | row: of mnist");
  app.add_option("--limit", limit, "the first so many sequences")->check(CLI::PositiveNumber);
}

Sequences TaskSequences::read(Settings& settings) const {
  const std::unique_ptr<Task> task = Registry<Task>::make(variant.empty() ? data : variant + "_" + data);
  task->declare(settings);
  settings.finish();
  Sequences sequences = std::move(task->make(settings).train);
  return limit > 0 && limit < sequences.count ? slice(sequences, 0, limit) : std::move(sequences);
}

}  // namespace hysteron
