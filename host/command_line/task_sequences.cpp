#include "command_line/task_sequences.hpp"

#include <limits>
#include <map>
#include <memory>
#include <vector>

#include <fmt/format.h>

#include <hysteron/registry.hpp>
#include <hysteron/task.hpp>

namespace hysteron {

namespace {

/// The tasks that read a data set, each reading another variant of it: permuted_mnist reads mnist, permuted.
std::map<std::string, std::string> tasks_by_variant(const std::string& set) {
  std::map<std::string, std::string> tasks;
  for (const std::string& name : Registry<Task>::names())
    if (const DataVariant reads = Registry<Task>::make(name)->reads(); !reads.variant.empty() && reads.set == set)
      tasks.emplace(reads.variant, name);
  return tasks;
}

std::string every_variant() {
  std::map<std::string, std::vector<std::string>> sets;
  for (const std::string& name : Registry<Task>::names())
    if (const DataVariant reads = Registry<Task>::make(name)->reads(); !reads.variant.empty())
      sets[reads.set].push_back(reads.variant);
  std::string text;
  for (const auto& [set, variants] : sets)
    text += fmt::format("{}of {}: {}", text.empty() ? "" : "; ", set, fmt::join(variants, " | "));
  return text;
}

}  // namespace

void TaskSequences::declare(Arguments& arguments) {
  arguments.add("--data", &data, "a data set that has variants, or any task; its keys with --set task.KEY=VALUE")
      .value_name("NAME");
  arguments.add("--variant", &variant, every_variant()).needs("--data").value_name("NAME");
  arguments.add("--limit", &limit, "number of sequences to take, from the first on")
      .range(1, std::numeric_limits<int>::max())
      .otherwise("all");
}

std::string TaskSequences::task() const {
  const std::map<std::string, std::string> tasks = tasks_by_variant(data);
  if (tasks.empty() && !variant.empty())
    throw usage_error({.what = fmt::format("{} has no variants", data),
                       .expected = "--variant with --data of a data set that has some",
                       .found = "--variant " + variant,
                       .hint = "leave --variant out"});
  if (tasks.empty()) return data;
  std::vector<std::string> variants;
  for (const auto& [name, task] : tasks) variants.push_back(name);
  if (variant.empty())
    throw usage_error({.what = fmt::format("{} is read in one of several ways", data),
                       .expected = fmt::format("--variant {}", fmt::join(variants, ", ")),
                       .found = "no --variant",
                       .hint = fmt::format("--data {} --variant {}", data, variants.back())});
  if (!tasks.contains(variant)) throw unknown_name("variant of " + data, variant, variants);
  return tasks.at(variant);
}

Sequences TaskSequences::read(Settings& settings, Journal& journal) const {
  const std::string name = task();
  const std::unique_ptr<Task> task = Registry<Task>::make(name);
  task->declare(settings);
  settings.finish();
  TaskData made = task->make(settings);
  for (const std::string& note : made.notes) journal.message(note);
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
