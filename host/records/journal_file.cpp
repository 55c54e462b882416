#include "records/journal_file.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include <hysteron/error.hpp>

#include "files/source.hpp"
#include "records/run_folder.hpp"

namespace hysteron {
namespace {

bool every_entry(const Json& list, bool (Json::*kind)() const noexcept) {
  return std::all_of(list.begin(), list.end(), [&](const Json& entry) { return (entry.*kind)(); });
}

JournalValue journal_value(const JsonObject& line, const std::string& key, const Json& value) {
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number_integer()) return value.get<std::int64_t>();
  if (value.is_number()) return value.get<double>();
  if (value.is_null()) return std::numeric_limits<double>::quiet_NaN();
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_array()) throw line.wrong(key, "a number, a text, or a list of either", value.type_name());
  if (value.empty()) return std::vector<double>();
  if (every_entry(value, &Json::is_number_integer)) return value.get<std::vector<std::int64_t>>();
  if (every_entry(value, &Json::is_string)) return value.get<std::vector<std::string>>();
  return line.numbers(key.c_str());
}

}  // namespace

void visit_journal(const std::filesystem::path& path, LastLine last,
                   const std::function<void(const JsonObject& line)>& visit) {
  const std::string journal = read_text(path);
  int number = 0;
  for (std::size_t at = 0; at < journal.size();) {
    const std::size_t end = std::min(journal.find('\n', at), journal.size());
    if (end == journal.size() && last == LastLine::may_be_cut) return;
    const std::string_view line = std::string_view(journal).substr(at, end - at);
    const std::string name = fmt::format("{}, line {}", path.string(), ++number);
    if (!Json::accept(line))
      throw data_error({.what = name + ", is not whole",
                        .expected = "one JSON object",
                        .found = std::string(line.substr(0, 60)),
                        .hint = "take that line out of the file: a report shows what the others say"});
    visit(JsonObject(parse_json(line, name), name, damaged_record));
    at = end + 1;
  }
}

Event event_of(const JsonObject& line) {
  Event event{.name = line.text("event"), .seconds = line.number("seconds"), .values = {}};
  for (const auto& [key, value] : line.json().items())
    if (key != "event" && key != "seconds") event.values.emplace_back(key, journal_value(line, key, value));
  return event;
}

}  // namespace hysteron
