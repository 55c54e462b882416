#include "runs/reproduction_table.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "foundation/statistics.hpp"
#include "report/replica_figures.hpp"

namespace hysteron {
namespace {

/// The validation values before the first gradient step.
std::vector<double> first_of(const Course& course) {
  const auto first = course.find(0);
  return first == course.end() ? std::vector<double>() : first->second;
}

/// The share of whole sequences that the best linear decoders give back, for each replica.
std::vector<double> restitution(const std::map<int, RecordedMemory>& memories) {
  std::vector<double> values;
  for (const auto& [replica, memory] : memories) values.push_back(memory.restitution);
  return values;
}

/// A column: its title, and where a run holds its values, one per replica.
struct ArmColumn {
  const char *key, *title;
  int digits;
  std::vector<double> (*values)(const RunRecord& run);
};
template <ReplicaFigures values>
std::vector<double> in_result(const RunRecord& run) {
  return values(run.result);
}
constexpr ArmColumn arm_columns[] = {
    {"vaa_start", "VAA start", 2, in_result<figures::vaa_start>},
    {"vaa", "VAA end", 2, in_result<figures::vaa_end>},
    {"memory_start", "restitution start", 3,
     [](const RunRecord& run) { return restitution(run.history.memory_start); }},
    {"memory", "restitution end", 3, [](const RunRecord& run) { return restitution(run.history.memory_end); }},
    {"test_loss", "test loss", 4, in_result<figures::test_loss>},
    {"valid_accuracy_start", "validation accuracy start", 3,
     [](const RunRecord& run) { return first_of(run.history.valid_accuracy); }},
    {"test_accuracy", "test accuracy", 3, in_result<figures::test_accuracy>},
    {"return", "return", 2, in_result<figures::last_return>},
    {"best_return", "best return", 2, in_result<figures::best_return>},
    {"first_optimal_episode", "first optimal in episode", 0, in_result<figures::first_optimal_episode>},
    {"optimal_episode", "optimal from episode", 0, in_result<figures::optimal_episode>}};

std::optional<Spread> spread_of(std::vector<double> values) {
  std::erase_if(values, [](double value) { return !std::isfinite(value); });
  if (values.empty()) return std::nullopt;
  return Spread{.mean = mean(values),
                .deviation = deviation(values),
                .median = median(values),
                .count = static_cast<int>(values.size())};
}

std::string spread_text(const ArmRow& row, std::size_t column) {
  const std::optional<Spread>& spread = row.spreads[column];
  if (!spread) return "–";
  std::string text = fmt::format("{:.{}f}", spread->mean, arm_columns[column].digits);
  if (spread->count > 1)
    text += fmt::format(" ± {:.{}f}", spread->deviation, arm_columns[column].digits);  // one has none
  // Not every policy becomes optimal.
  return spread->count == row.replicas ? text : fmt::format("{} ({} of {})", text, spread->count, row.replicas);
}

// The number of characters, as a terminal counts them: of the bytes that begin a character in UTF-8.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char byte) { return (byte & 0xc0) != 0x80; }));
}

}  // namespace

ArmRow row_of(const std::string& group, const std::string& arm, const RunRecord& run) {
  ArmRow row{.group = group,
             .arm = arm,
             .run = run.path.string(),
             .replicas = run.result.replicas,
             .spreads = {},
             .solved = {},
             .seconds = run.result.seconds};
  for (const ArmColumn& column : arm_columns) row.spreads.push_back(spread_of(column.values(run)));
  for (const std::optional<bool>& solved : run.result.solved)
    if (solved) row.solved = row.solved.value_or(0) + (*solved ? 1 : 0);
  return row;
}

Json row_json(const ArmRow& row) {
  Json json{{"group", row.group}, {"arm", row.arm}, {"run", row.run}, {"replicas", row.replicas}};
  for (std::size_t i = 0; i < row.spreads.size(); ++i) {
    const std::optional<Spread>& spread = row.spreads[i];
    json[arm_columns[i].key] = spread ? Json{{"mean", spread->mean},
                                             {"deviation", spread->deviation},
                                             {"median", spread->median},
                                             {"count", spread->count}}
                                      : Json();
  }
  json["solved"] = row.solved ? Json(*row.solved) : Json();
  json["seconds"] = row.seconds;
  return json;
}

TextTable table_of(const std::string& title, const std::vector<ArmRow>& rows) {
  TextTable table{.title = title,
                  .caption = "Means ± standard deviations over the replicas.",
                  .header = {"arm"},
                  .rows = std::vector<std::vector<std::string>>(rows.size())};
  for (std::size_t i = 0; i < rows.size(); ++i) table.rows[i].push_back(rows[i].arm);
  const auto add = [&](const std::string& name, const auto& text) {
    table.header.push_back(name);
    for (std::size_t i = 0; i < rows.size(); ++i) table.rows[i].push_back(text(rows[i]));
  };
  for (std::size_t column = 0; column < std::size(arm_columns); ++column)
    if (std::any_of(rows.begin(), rows.end(), [&](const ArmRow& row) { return row.spreads[column].has_value(); }))
      add(arm_columns[column].title, [&](const ArmRow& row) { return spread_text(row, column); });
  add("solved", [](const ArmRow& row) {
    return row.solved ? fmt::format("{} of {}", *row.solved, row.replicas) : std::string("–");
  });
  add("seconds", [](const ArmRow& row) { return fmt::format("{:.0f}", row.seconds); });
  return table;
}

Json table_json(const TextTable& table) {
  return {{"title", table.title}, {"header", table.header}, {"rows", table.rows}};
}

std::string text_of(const TextTable& table) {
  std::vector<std::size_t> widths;
  for (std::size_t c = 0; c < table.header.size(); ++c) {
    widths.push_back(width_of(table.header[c]));
    for (const std::vector<std::string>& row : table.rows) widths[c] = std::max(widths[c], width_of(row[c]));
  }
  const auto line = [&](const std::vector<std::string>& cells) {
    std::string text;
    for (std::size_t c = 0; c < cells.size(); ++c) {
      const std::string space(widths[c] - width_of(cells[c]), ' ');
      text += c == 0 ? cells[c] + space : "  " + space + cells[c];
    }
    return text + "\n";
  };
  std::string text = table.title + "\n" + line(table.header);
  for (const std::vector<std::string>& row : table.rows) text += line(row);
  return text;
}

}  // namespace hysteron
