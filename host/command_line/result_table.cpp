#include "command_line/result_table.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <span>

#include <fmt/format.h>

#include <hysteron/error.hpp>

namespace hysteron {
namespace {

struct Column {
  const char *title, *key;
  int width, digits;
};

constexpr Column of_predictions[] = {
    {"VAA drawn", "vaa_before", 11, 3}, {"VAA start", "vaa_start", 11, 3},    {"VAA end", "vaa", 11, 3},
    {"test loss", "test_loss", 13, 4},  {"accuracy", "test_accuracy", 11, 4}, {"best at", "best_step", 10, 0},
    {"solved", "solved", 9, 0}};

// Optimal: from this episode on, and the first time.
constexpr Column of_policies[] = {{"VAA drawn", "vaa_before", 11, 3},
                                  {"VAA start", "vaa_start", 11, 3},
                                  {"VAA end", "vaa", 11, 3},
                                  {"return", "return", 9, 3},
                                  {"best", "best_return", 9, 3},
                                  {"first optimal", "first_optimal_episode", 15, 0},
                                  {"optimal from", "optimal_episode", 14, 0},
                                  {"optimal", "optimal", 9, 0}};

std::string figure(const Json& result, const char* key, std::size_t replica, int digits) {
  const auto values = result.find(key);
  if (values == result.end() || replica >= values->size()) return "-";
  const Json& held = (*values)[replica];
  if (held.is_boolean()) return held.get<bool>() ? "yes" : "no";
  if (!held.is_number() || !std::isfinite(held.get<double>())) return "-";
  return fmt::format("{:.{}f}", held.get<double>(), digits);
}

struct ResultRow {
  const Json* result;
  std::string label;
};

std::string table_of(const std::vector<ResultRow>& rows, std::span<const Column> columns) {
  std::size_t width = 16;
  for (const ResultRow& row : rows) width = std::max(width, row.label.size() + 2);
  std::string table = fmt::format("{:<{}}{:>8}", "start", width, "replica");
  for (const Column& column : columns) table += fmt::format("{:>{}}", column.title, column.width);
  table += "\n";
  for (const ResultRow& row : rows) {
    for (std::size_t r = 0; r < (*row.result)["replicas"].get<std::size_t>(); ++r) {
      table += fmt::format("{:<{}}{:>8}", row.label, width, r);
      for (const Column& column : columns)
        table += fmt::format("{:>{}}", figure(*row.result, column.key, r, column.digits), column.width);
      table += "\n";
    }
  }
  return table;
}

}  // namespace

std::string result_table(const std::vector<Json>& results, const std::vector<std::string>& labels) {
  std::vector<ResultRow> predictions, policies;
  for (std::size_t i = 0; i < results.size(); ++i)
    (results[i].contains("return") ? policies : predictions)
        .push_back({&results[i], labels.empty() ? results[i]["init"].get<std::string>() : labels[i]});
  if (policies.empty()) return table_of(predictions, of_predictions);
  if (predictions.empty()) return table_of(policies, of_policies);
  return table_of(predictions, of_predictions) + "\n" + table_of(policies, of_policies);
}

int report_failures(const Json& result) {
  if (result["failures"].empty()) return 0;
  for (const Json& failure : result["failures"])
    fmt::print(stderr, "error: replica {} stopped at gradient step {}: not a finite number in {}\n",
               failure["replica"].get<int>(), failure["update"].get<std::int64_t>(),
               failure["where"].get<std::string>());
  fmt::print(stderr,
             "  the weights of its best validation are kept, the other replicas went on\n"
             "  hint: a smaller train.learning_rate, or --set train.clip=1\n");
  return static_cast<int>(ErrorKind::numeric);
}

}  // namespace hysteron
