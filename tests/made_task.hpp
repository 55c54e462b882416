#pragma once
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <hysteron/error.hpp>
#include <hysteron/registry.hpp>
#include <hysteron/task.hpp>

namespace hysteron {

struct Setting {
  std::string key, value;
};

/// The task made from settings given as --set key=value.
inline TaskData made_task(const std::string& name, const std::vector<Setting>& set) {
  const auto task = Registry<Task>::make(name);
  Settings settings;
  for (const auto& [key, value] : set) settings.assign(key + "=" + value);
  task->declare(settings);
  settings.finish();
  return task->make(settings);
}

/// The error with which it refuses them; if it does not, the test fails.
inline Error error_of_task(const std::string& name, const std::vector<Setting>& set) {
  try {
    made_task(name, set);
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << name << " made data of settings that are wrong";
  return defect({});
}

}  // namespace hysteron
