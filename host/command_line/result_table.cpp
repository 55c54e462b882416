#include "command_line/result_table.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <span>

#include <fmt/format.h>

#include <hysteron/error.hpp>

#include "command_line/standard_streams.hpp"
#include "foundation/printable.hpp"
#include "report/replica_figures.hpp"

namespace hysteron {
namespace {

struct ResultColumn {
  const char* title;
  ReplicaFigures values;
  int width, digits;
};

constexpr ResultColumn columns_of_predictions[] = {
    {"VAA drawn", figures::vaa_drawn, 11, 3},    {"VAA start", figures::vaa_start, 11, 3},
    {"VAA end", figures::vaa_end, 11, 3},        {"test loss", figures::test_loss, 13, 4},
    {"accuracy", figures::test_accuracy, 11, 4}, {"best at", figures::best_step, 10, 0}};

constexpr ResultColumn columns_of_policies[] = {{"VAA drawn", figures::vaa_drawn, 11, 3},
                                                {"VAA start", figures::vaa_start, 11, 3},
                                                {"VAA end", figures::vaa_end, 11, 3},
                                                {"return", figures::last_return, 9, 3},
                                                {"best", figures::best_return, 9, 3},
                                                {"first optimal", figures::first_optimal_episode, 15, 0},
                                                {"optimal from", figures::optimal_episode, 14, 0}};

std::string figure_text(const std::vector<double>& values, std::size_t replica, int digits) {
  if (replica >= values.size() || !std::isfinite(values[replica])) return "-";
  return fmt::format("{:.{}f}", values[replica], digits);
}

std::string solved_text(const RunResult& result, std::size_t replica) {
  if (replica >= result.solved.size() || !result.solved[replica]) return "-";
  return *result.solved[replica] ? "yes" : "no";
}

struct ResultRow {
  const RunResult* result;
  std::string label;
};

/// solved: the title of the last column.
std::string table_of(const std::vector<ResultRow>& rows, std::span<const ResultColumn> columns, const char* solved) {
  std::size_t width = 16;
  for (const ResultRow& row : rows) width = std::max(width, row.label.size() + 2);
  std::string table = fmt::format("{:<{}}{:>8}", "start", width, "replica");
  for (const ResultColumn& column : columns) table += fmt::format("{:>{}}", column.title, column.width);
  table += fmt::format("{:>9}\n", solved);
  for (const ResultRow& row : rows) {
    for (std::size_t r = 0; r < static_cast<std::size_t>(row.result->replicas); ++r) {
      table += fmt::format("{:<{}}{:>8}", row.label, width, r);
      for (const ResultColumn& column : columns)
        table += fmt::format("{:>{}}", figure_text(column.values(*row.result), r, column.digits), column.width);
      table += fmt::format("{:>9}\n", solved_text(*row.result, r));
    }
  }
  return table;
}

}  // namespace

std::string result_table(const std::vector<RunResult>& results, const std::vector<std::string>& labels) {
  std::vector<ResultRow> predictions, policies;
  for (std::size_t i = 0; i < results.size(); ++i)
    (results[i].policies ? policies : predictions)
        .push_back({&results[i], printable(labels.empty() ? results[i].init : labels[i])});
  const std::string of_predictions = table_of(predictions, columns_of_predictions, "solved"),
                    of_policies = table_of(policies, columns_of_policies, "optimal");
  if (policies.empty()) return of_predictions;
  if (predictions.empty()) return of_policies;
  return of_predictions + "\n" + of_policies;
}

int report_failures(const RunResult& result) {
  if (result.failures.empty()) return 0;
  for (const FailedReplica& failed : result.failures)
    tell(fmt::format("error: replica {} stopped at gradient step {}: not a finite number in {}\n", failed.replica,
                     failed.update, printable(failed.where)));
  tell(
      "  the weights of its best validation are kept, the other replicas went on\n"
      "  hint: a smaller train.learning_rate, or --set train.clip=1\n");
  return static_cast<int>(ErrorKind::numeric);
}

}  // namespace hysteron
