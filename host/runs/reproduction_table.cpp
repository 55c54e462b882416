#include "runs/reproduction_table.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "foundation/statistics.hpp"

namespace hysteron {
namespace {

std::vector<double> numbers(const Json& values) {
  std::vector<double> found;
  if (!values.is_array()) return found;
  for (const Json& value : values)
    if (value.is_number()) found.push_back(value.get<double>());
  return found;
}

std::vector<double> of_result(const RunRecord& run, const char* key) {
  return numbers(run.result.value(key, Json::array()));
}

/// Of the validation before the first gradient step; of a resumed run the later word stands.
std::vector<double> of_start(const RunRecord& run, const char* key) {
  std::vector<double> values;
  for (const Json& event : run.events)
    if (event.value("event", "") == "validated" && event.value("update", -1) == 0)
      values = numbers(event.value(key, Json::array()));
  return values;
}

/// The share of whole sequences that the best linear decoders give back, of each replica.
std::vector<double> of_memory(const RunRecord& run, const char* when) {
  std::map<int, double> restitution;
  for (const Json& event : run.events)
    if (event.value("event", "") == "memory" && event.value("when", "") == when && event.at("restitution").is_number())
      restitution[event.at("replica").get<int>()] = event.at("restitution").get<double>();
  std::vector<double> values;
  for (const auto& [replica, value] : restitution) values.push_back(value);
  return values;
}

/// A column: where its values, one a replica, stand in what a run left.
struct ArmColumn {
  const char *key, *title;
  int digits;
  std::vector<double> (*values)(const RunRecord& run, const char* name);
  const char* name;
};
constexpr ArmColumn arm_columns[] = {
    {"vaa_start", "VAA start", 2, of_result, "vaa_start"},
    {"vaa", "VAA end", 2, of_result, "vaa"},
    {"memory_start", "restitution start", 3, of_memory, "initialized"},
    {"memory", "restitution end", 3, of_memory, "trained"},
    {"test_loss", "test loss", 4, of_result, "test_loss"},
    {"valid_accuracy_start", "validation accuracy start", 3, of_start, "valid_accuracy"},
    {"test_accuracy", "test accuracy", 3, of_result, "test_accuracy"},
    {"return", "return", 2, of_result, "return"},
    {"best_return", "best return", 2, of_result, "best_return"},
    {"first_optimal_episode", "first optimal in episode", 0, of_result, "first_optimal_episode"},
    {"optimal_episode", "optimal from episode", 0, of_result, "optimal_episode"}};

std::string spread(const Json& row, const ArmColumn& column) {
  if (!row.contains(column.key) || row[column.key].is_null()) return "–";
  const Json& of = row[column.key];
  const std::string text = fmt::format("{:.{}f} ± {:.{}f}", of["mean"].get<double>(), column.digits,
                                       of["deviation"].get<double>(), column.digits);
  // Not every policy becomes optimal.
  return of["count"] == row["replicas"]
             ? text
             : fmt::format("{} ({} of {})", text, of["count"].get<int>(), row["replicas"].get<int>());
}

// Letters as a terminal counts them: bytes of UTF-8 that begin one.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char byte) { return (byte & 0xc0) != 0x80; }));
}

}  // namespace

Json row_of(const std::string& group, const std::string& arm, const RunRecord& run) {
  Json row{{"group", group}, {"arm", arm}, {"run", run.path.string()}, {"replicas", run.replicas()}};
  for (const ArmColumn& column : arm_columns) {
    const std::vector<double> values = column.values(run, column.name);
    row[column.key] = values.empty() ? Json()
                                     : Json{{"mean", mean(values)},
                                            {"deviation", deviation(values)},
                                            {"median", median(values)},
                                            {"count", values.size()}};
  }
  std::size_t solved = 0;
  bool judged = false;
  for (const Json& value : run.result.value("solved", Json::array())) {
    judged = judged || value.is_boolean();
    solved += value.is_boolean() && value.get<bool>() ? 1 : 0;
  }
  row["solved"] = judged ? Json(solved) : Json();
  row["seconds"] = run.result["seconds"];
  return row;
}

TextTable table_of(const std::string& title, const std::vector<Json>& rows) {
  TextTable table{.title = title,
                  .caption = "Means ± standard deviations over the replicas.",
                  .header = {"arm"},
                  .rows = std::vector<std::vector<std::string>>(rows.size())};
  for (std::size_t i = 0; i < rows.size(); ++i) table.rows[i].push_back(rows[i]["arm"].get<std::string>());
  const auto add = [&](const std::string& name, const auto& text) {
    table.header.push_back(name);
    for (std::size_t i = 0; i < rows.size(); ++i) table.rows[i].push_back(text(rows[i]));
  };
  for (const ArmColumn& column : arm_columns)
    if (std::any_of(rows.begin(), rows.end(), [&](const Json& row) { return !row[column.key].is_null(); }))
      add(column.title, [&](const Json& row) { return spread(row, column); });
  add("solved", [](const Json& row) {
    return row["solved"].is_null() ? std::string("–")
                                   : fmt::format("{} of {}", row["solved"].get<int>(), row["replicas"].get<int>());
  });
  add("seconds", [](const Json& row) { return fmt::format("{:.0f}", row["seconds"].get<double>()); });
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
