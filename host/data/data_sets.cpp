#include "data/data_sets.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <hysteron/error.hpp>

#include "data/mnist_files.hpp"
#include "files/json_object.hpp"
#include "files/unpacked_file.hpp"

namespace hysteron {

extern const std::string_view data_sets_table;  // data/sets.json, written into the program by cmake/assets.cmake

namespace {

namespace fs = std::filesystem;

constexpr const char* form = "data/sets.json shows the form";

// Names become paths below a data folder; they must not reach any other place.
bool stays_below(const std::string& name) {
  const fs::path path(name);
  return !name.empty() && path.is_relative() &&
         std::none_of(path.begin(), path.end(), [](const fs::path& part) { return part == ".."; });
}

DataFile read_file(const JsonObject& entry) {
  DataFile file{.name = entry.text("name"),
                .bytes = entry.count("bytes"),
                .packed = entry.has("packed") ? entry.count("packed") : entry.count("bytes"),
                .sha256 = entry.text("sha256"),
                .urls = entry.texts("urls")};
  if (!stays_below(file.name) || file.name.find('/') != std::string::npos)
    throw entry.wrong("name", "the name of a file", file.name);
  if (file.sha256.size() != 64 || file.sha256.find_first_not_of("0123456789abcdef") != std::string::npos)
    throw entry.wrong("sha256", "64 hexadecimal digits, in lower case", file.sha256);
  for (const std::string& url : file.urls)
    if (!url.starts_with("https://") && !url.starts_with("http://"))
      throw entry.wrong("urls", "https://… or http://…", url);
  return file;
}

DataSet read_set(const std::string& name, const Json& json, const std::string& table) {
  const std::string where = table + ": " + name;
  const JsonObject entry(json, where, form);
  DataSet set{.name = name,
              .title = entry.text("title"),
              .cite = entry.text_or_none("cite"),
              .license = entry.text_or_none("license"),
              .by_hand = entry.text_or_none("by_hand"),
              .tasks = entry.texts("tasks"),
              .folders = entry.texts("folders"),
              .files = {}};
  if (set.folders.empty() || !std::all_of(set.folders.begin(), set.folders.end(), stays_below))
    throw entry.wrong("folders", "one or more folders below the data folder", json_line(json["folders"]));
  const Json& files = entry.list("files");
  for (std::size_t i = 0; i < files.size(); ++i)
    set.files.push_back(read_file(JsonObject(files[i], fmt::format("{}.files[{}]", where, i), form)));
  if (set.files.empty()) throw entry.wrong("files", "one file or more", "none");
  return set;
}

}  // namespace

std::vector<DataSet> read_data_sets(std::string_view json, const std::string& name) {
  const Json table = parse_json(json, name);
  const JsonObject whole(table, name, form);
  std::vector<DataSet> sets;
  for (const auto& [key, value] : table.items()) sets.push_back(read_set(key, value, name));
  return sets;
}

const std::vector<DataSet>& known_data_sets() {
  static const std::vector<DataSet> sets = read_data_sets(data_sets_table, "data/sets.json");
  return sets;
}

const DataSet& data_set_named(const std::vector<DataSet>& sets, const std::string& name) {
  std::vector<std::string> names;
  for (const DataSet& set : sets) {
    if (set.name == name) return set;
    names.push_back(set.name);
  }
  throw unknown_name("data set", name, names);
}

std::optional<fs::path> find_data_file(const DataSet& set, const DataFile& file, const std::vector<fs::path>& folders) {
  std::vector<fs::path> inner(set.folders.begin(), set.folders.end());
  inner.emplace_back();
  for (const fs::path& folder : folders)
    for (const fs::path& below : inner)
      for (const char* const ending : {"", ".gz"}) {
        std::error_code code;  // nothing is found in a folder that may not be read
        if (const fs::path path = folder / below / (file.name + ending); fs::is_regular_file(path, code)) return path;
      }
  return std::nullopt;
}

fs::path needed_data_file(const DataSet& set, std::string_view file, const std::vector<fs::path>& folders) {
  const auto wanted =
      std::find_if(set.files.begin(), set.files.end(), [&](const DataFile& known) { return known.name == file; });
  if (wanted == set.files.end())
    throw defect({.what = "a file that the data set " + set.name + " does not have", .found = std::string(file)});
  if (const auto path = find_data_file(set, *wanted, folders)) return *path;
  throw data_error(
      {.what = fmt::format("the data set {} was not found", set.name),
       .expected = fmt::format("{0} or {0}.gz", wanted->name),
       .found = fmt::format("nothing of that name in {}, nor in {}/ there", names_of(folders),
                            fmt::join(set.folders, "/, ")),
       .hint = set.by_hand.empty()
                   ? fmt::format("hysteron data get {} fetches it; or name its folder: --set task.data=DIR, "
                                 "or HYSTERON_DATA",
                                 set.name)
                   : "name its folder: --set task.data=DIR, or HYSTERON_DATA; to make it: " + set.by_hand});
}

std::string wrong_with(const DataFile& file, const fs::path& path) {
  const ContentsDigest found = contents_digest(path);
  if (!found.problem.empty()) return found.problem;
  if (found.bytes != file.bytes) return fmt::format("{} bytes unpacked instead of {}", found.bytes, file.bytes);
  if (found.sha256 != file.sha256) return fmt::format("SHA-256 {} instead of {}", found.sha256, file.sha256);
  return "";
}

}  // namespace hysteron
