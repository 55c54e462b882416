#include "report/run_labels.hpp"

#include <algorithm>
#include <iterator>

#include "foundation/printable.hpp"

namespace hysteron {
namespace {

/// The last names of a path, as many as the path has to tell it from the others; all of it where nothing does.
std::filesystem::path distinct_end(const std::filesystem::path& path,
                                   const std::vector<std::filesystem::path>& others) {
  const auto names_of = [](const std::filesystem::path& one) {
    const std::filesystem::path whole = std::filesystem::absolute(one / "").lexically_normal().parent_path();
    return std::vector<std::filesystem::path>(whole.begin(), whole.end());
  };
  const std::vector<std::filesystem::path> own = names_of(path);
  std::size_t length = 1;
  for (const std::filesystem::path& other : others) {
    const std::vector<std::filesystem::path> names = names_of(other);
    const auto [at, in_other] = std::mismatch(own.rbegin(), own.rend(), names.rbegin(), names.rend());
    if (at != own.rend()) length = std::max(length, static_cast<std::size_t>(at - own.rbegin()) + 1);
  }
  std::filesystem::path end;
  for (std::size_t i = own.size() - std::min(length, own.size()); i < own.size(); ++i) end /= own[i];
  return end;
}

}  // namespace

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
  for (std::size_t i = 0; i < labels.size(); ++i) {
    std::vector<std::filesystem::path> others;
    for (std::size_t j = 0; j < labels.size(); ++j)
      if (j != i && labels[j] == labels[i]) others.push_back(runs[j].path);
    if (!others.empty()) result[i] += " (" + distinct_end(runs[i].path, others).string() + ")";
    result[i] = printable(result[i]);
  }
  return result;
}

}  // namespace hysteron
