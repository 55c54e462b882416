#include "report/run_labels.hpp"

#include <algorithm>

namespace hysteron {

std::vector<std::string> labels_of(const std::vector<RunRecord>& runs) {
  using Text = std::string RunResult::*;
  std::vector<std::string> labels(runs.size());
  const auto differs = [&](Text text) {
    return std::any_of(runs.begin(), runs.end(),
                       [&](const RunRecord& run) { return run.result.*text != runs[0].result.*text; });
  };
  const auto add = [&](Text text) {
    for (std::size_t i = 0; i < runs.size(); ++i) {
      const std::string& word = runs[i].result.*text;
      if (!word.empty()) labels[i] += (labels[i].empty() ? "" : " ") + word;
    }
  };
  if (differs(&RunResult::task)) add(&RunResult::task);
  add(&RunResult::cell);
  if (differs(&RunResult::structure)) add(&RunResult::structure);
  add(&RunResult::init);
  if (differs(&RunResult::compat)) add(&RunResult::compat);
  std::vector<std::string> result = labels;
  for (std::size_t i = 0; i < labels.size(); ++i)
    if (std::count(labels.begin(), labels.end(), labels[i]) > 1)
      result[i] += " (" + runs[i].path.filename().string() + ")";
  return result;
}

}  // namespace hysteron
