#include "command_line/task_sequences.hpp"

#include <algorithm>
#include <limits>
#include <memory>
#include <vector>

#include <fmt/format.h>

#include <hysteron/registry.hpp>
#include <hysteron/task.hpp>

namespace hysteron {

void TaskSequences::declare(CLI::App& app) {
  app.add_option("--data", data, "a data set: mnist with --variant, or any task; its keys with --set task.…=");
  app.add_option("--variant", variant, "sequential | permuted | row: of mnist");
  app.add_option("--limit", limit, "the first so many sequences")
      ->check(CLI::Range(1, std::numeric_limits<int>::max()));
  app.get_option("--variant")->needs("--data");
}

// permuted_mnist is a variant of mnist.
std::string TaskSequences::task() const {
  std::vector<std::string> variants;
  for (const std::string& name : Registry<Task>::names())
    if (name.ends_with("_" + data)) variants.push_back(name.substr(0, name.size() - data.size() - 1));
  if (variants.empty() && !variant.empty())
    throw usage_error({.what = fmt::format("{} has no variants", data),
                       .expected = "--variant with --data mnist only",
                       .found = "--variant " + variant,
                       .hint = "leave --variant out"});
  if (variants.empty()) return data;
  if (variant.empty())
    throw usage_error({.what = fmt::format("{} is read in one of several ways", data),
                       .expected = fmt::format("--variant {}", fmt::join(variants, ", ")),
                       .found = "no --variant",
                       .hint = fmt::format("--data {} --variant {}", data, variants.back())});
  if (std::find(variants.begin(), variants.end(), variant) == variants.end())
    throw unknown_name("variant of " + data, variant, variants);
  return variant + "_" + data;
}

Sequences TaskSequences::read(Settings& settings) const {
  const std::string name = task();
  const std::unique_ptr<Task> task = Registry<Task>::make(name);
  task->declare(settings);
  settings.finish();
  TaskData made = task->make(settings);
  if (made.environment)
    throw usage_error({.what = name + " is an environment to act in, and has no sequences",
                       .expected = "a task of sequences",
                       .found = "--data " + data,
                       .hint = "hysteron info lists the tasks"});
  return first(std::move(made.train));
}

Sequences TaskSequences::first(Sequences sequences) const {
  return limit > 0 && limit < sequences.count ? slice(sequences, 0, limit) : std::move(sequences);
}

}  // namespace hysteron
