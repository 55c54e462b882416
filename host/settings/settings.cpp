#include <algorithm>
#include <cctype>

#include <fmt/format.h>
#include <unistd.h>

#include <hysteron/error.hpp>
#include <hysteron/settings.hpp>

#include "files/source.hpp"
#include "settings/setting_value.hpp"
#include "settings/settings_toml.hpp"

namespace hysteron {
namespace {

std::string section_of(const std::string& key) {
  const std::size_t dot = key.rfind('.');
  return dot == std::string::npos ? "" : key.substr(0, dot);
}

Error unknown_key(const std::string& key, const std::string& origin, const std::vector<std::string>& known) {
  ErrorText text = unknown_name("setting", key, known).text();
  text.what += " " + origin;
  if (text.expected.size() > 400) text.expected = "a key of such a run: `hysteron config` lists them";
  if (text.hint.empty()) text.hint = "`hysteron config --keys` lists the keys of every run";
  return usage_error(std::move(text));
}

/// The owners of a key among those of other configurations, each once: "the task arrays or the task music".
std::string owners_of(const std::string& key, const std::vector<ForeignKey>& foreign) {
  std::string owners;
  for (const ForeignKey& one : foreign)
    if (one.key == key) owners += (owners.empty() ? "" : " or ") + one.owner;
  return owners;
}

Error foreign_key(const std::string& key, const std::string& origin, const std::string& owners) {
  return usage_error({.what = fmt::format("setting \"{}\" {} does not belong to such a run", key, origin),
                      .expected = "a key of such a run: `hysteron config` lists them",
                      .found = "one of " + owners,
                      .hint = "choose what has it, or leave it out"});
}

}  // namespace

std::string environment_name(const std::string& key) {
  std::string name = "HYSTERON_";
  for (const char letter : key)
    name += letter == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
  return name;
}

SettingLimits at_least(double least) { return {.least = least, .choices = {}}; }
SettingLimits above(double least) { return {.least = least, .least_excluded = true, .choices = {}}; }
SettingLimits fraction_below_one() { return {.least = 0, .most = 1, .most_excluded = true, .choices = {}}; }
SettingLimits one_of(std::vector<std::string> names) { return {.choices = std::move(names)}; }

void Settings::take(std::map<std::string, Given>& to, std::string key, Given given) {
  const auto [at, is_new] = to.try_emplace(std::move(key), given);
  if (!is_new && at->second.rank <= given.rank) at->second = std::move(given);
}

void Settings::read_file(const std::filesystem::path& path) {
  std::error_code code;
  if (!std::filesystem::is_regular_file(path, code))
    throw usage_error({.what = fmt::format("there is no configuration file {}", path.string()),
                       .expected = "a TOML file",
                       .found = std::filesystem::exists(path, code) ? "a folder or device" : "nothing of that name"});
  read_toml(read_text(path, 1 << 24), path.string());
}

void Settings::read_toml(std::string_view text, const std::string& name) {
  const auto origin = [&](int line) { return fmt::format("in {}, line {}", name, line); };
  visit_toml(
      text, name,
      [&](TomlLeaf leaf) {
        take(given_, std::move(leaf.key),
             {.value = std::move(leaf.value),
              .text = std::move(leaf.text),
              .kind = std::move(leaf.kind),
              .origin = origin(leaf.line),
              .rank = Rank::file});
      },
      [&](TomlSection section) { sections_.emplace(std::move(section.name), origin(section.line)); });
}

void Settings::read_values(std::span<const Assignment> values, const std::string& name) {
  for (const Assignment& given : values)
    take(given_, given.key,
         {.value = given.value,
          .text = toml_of(given.value),
          .kind = std::string(kind_of(given.value)),
          .origin = "in " + name,
          .rank = Rank::file});
}

void Settings::read_environment(std::span<const std::string> entries) {
  for (const std::string& entry : entries) {
    const std::size_t equals = entry.find('=');
    if (!entry.starts_with("HYSTERON_") || equals == std::string::npos) continue;
    const std::string name = entry.substr(0, equals);
    take(environment_, name,
         {.value = {},
          .text = trimmed(entry.substr(equals + 1)),
          .kind = "",
          .origin = "in " + name,
          .rank = Rank::environment});
  }
}

void Settings::assign(std::string_view assignment) {
  const std::size_t equals = assignment.find('=');
  const std::string key = trimmed(assignment.substr(0, equals));
  if (equals == std::string_view::npos || key.empty())
    throw usage_error({.what = "--set does not say what to set",
                       .expected = "KEY=VALUE, as in --set train.batch=64",
                       .found = fmt::format("\"{}\"", assignment)});
  set(key, trimmed(assignment.substr(equals + 1)), "--set");
}

void Settings::set(std::string key, std::string text, const std::string& flag) {
  take(given_, std::move(key),
       {.value = {}, .text = std::move(text), .kind = "", .origin = "in " + flag, .rank = Rank::command_line});
}

bool Settings::mentions(const std::string& key) const {
  return given_.contains(key) || environment_.contains(environment_name(key));
}

void Settings::declare(const std::string& key, SettingValue initial, std::string description, SettingLimits limits) {
  const bool sane = within(initial, limits) && (limits.choices.empty() || initial.index() == 3);
  if (known_.contains(key) || !sane)
    throw defect({.what = "a setting declared twice, or with a default that it refuses", .found = key});

  const Given* given = nullptr;
  if (const auto at = given_.find(key); at != given_.end()) given = &at->second;
  if (const auto at = environment_.find(environment_name(key)); at != environment_.end())
    if (!given || given->rank < Rank::environment) given = &at->second;

  Known known{.key = {key, initial, std::move(description), limits}, .value = initial, .origin = "by default"};
  if (given) {
    const bool typed = given->rank == Rank::file;
    std::optional<SettingValue> value = typed ? given->value : value_in(given->text, known.value);
    if (const auto* integer = value ? std::get_if<std::int64_t>(&*value) : nullptr; integer && known.value.index() == 2)
      value = static_cast<double>(*integer);
    const std::string found =
        typed ? fmt::format("{} ({})", given->text, given->kind) : fmt::format("\"{}\"", given->text);
    if (!value || value->index() != known.value.index())
      throw usage_error({.what = fmt::format("setting \"{}\" {} has the wrong type", key, given->origin),
                         .expected = expectation(known.value, limits),
                         .found = found});
    if (!within(*value, limits))
      throw usage_error({.what = fmt::format("setting \"{}\" {} is out of range", key, given->origin),
                         .expected = expectation(known.value, limits),
                         .found = typed ? given->text : found});
    if (!limits.choices.empty()) {
      const std::string& choice = std::get<std::string>(*value);
      if (std::find(limits.choices.begin(), limits.choices.end(), choice) == limits.choices.end()) {
        ErrorText text = unknown_name(key, choice, limits.choices).text();
        text.what += " " + given->origin;
        throw usage_error(std::move(text));
      }
    }
    known.value = std::move(*value);
    known.origin = given->origin;
    known.given = true;
  }
  known_.emplace(key, std::move(known));
  order_.push_back(key);
}

void Settings::resolve(const std::string& key, SettingValue value) {
  const auto found = known_.find(key);
  if (found == known_.end() || found->second.value.index() != value.index())
    throw defect({.what = "a setting resolved that nobody declared, or to another type", .found = key});
  found->second.value = std::move(value);
}

std::vector<SettingKey> Settings::keys() const {
  std::vector<SettingKey> all;
  for (const std::string& key : order_) all.push_back(at(key).key);
  return all;
}

const Settings::Known& Settings::at(const std::string& key) const {
  const auto at = known_.find(key);
  if (at == known_.end()) throw defect({.what = "a setting that nobody declared", .found = key});
  return at->second;
}

namespace {

template <class T>
const T& value_as(const SettingValue& value, const std::string& key) {
  if (const T* const typed = std::get_if<T>(&value)) return *typed;
  throw defect({.what = "a setting read as another type than its own", .found = key});
}

}  // namespace

bool Settings::flag(const std::string& key) const { return value_as<bool>(at(key).value, key); }
std::int64_t Settings::integer(const std::string& key) const { return value_as<std::int64_t>(at(key).value, key); }
double Settings::number(const std::string& key) const { return value_as<double>(at(key).value, key); }
const std::string& Settings::text(const std::string& key) const { return value_as<std::string>(at(key).value, key); }
const std::vector<double>& Settings::numbers(const std::string& key) const {
  return value_as<std::vector<double>>(at(key).value, key);
}

std::vector<Assignment> Settings::section(std::string_view name) const {
  std::vector<Assignment> values;
  for (const std::string& key : order_)
    if (section_of(key) == name) values.push_back({key, at(key).value});
  return values;
}

bool Settings::given(const std::string& key) const { return at(key).given; }
std::string Settings::origin(const std::string& key) const { return at(key).origin; }

Error Settings::unsuitable(const std::string& key, std::string expected, std::string hint) const {
  return usage_error({.what = fmt::format("setting \"{}\" {} does not fit", key, origin(key)),
                      .expected = std::move(expected),
                      .found = toml_of(at(key).value),
                      .hint = std::move(hint)});
}

std::vector<std::string> Settings::finish(const std::function<std::vector<ForeignKey>()>& foreign) const {
  std::optional<std::vector<ForeignKey>> others;
  const auto of_others = [&]() -> const std::vector<ForeignKey>& {
    if (!others) others = foreign ? foreign() : std::vector<ForeignKey>();
    return *others;
  };
  std::map<std::string, std::vector<std::string>> passed_over;  // by owner
  for (const auto& [key, given] : given_) {
    if (known_.contains(key)) continue;
    const std::string owners = owners_of(key, of_others());
    if (owners.empty()) throw unknown_key(key, given.origin, order_);
    if (given.rank != Rank::file) throw foreign_key(key, given.origin, owners);
    passed_over[owners].push_back(key);
  }
  for (const auto& [name, origin] : sections_) {
    const auto inside = [&](const std::string& key) { return key.starts_with(name + "."); };
    if (std::any_of(order_.begin(), order_.end(), inside)) continue;
    const std::vector<ForeignKey>& all = of_others();
    if (std::any_of(all.begin(), all.end(), [&](const ForeignKey& one) { return inside(one.key); })) continue;
    std::vector<std::string> known;
    for (const std::string& key : order_)
      if (const std::string section = section_of(key);
          !section.empty() && std::find(known.begin(), known.end(), section) == known.end())
        known.push_back(section);
    throw unknown_key(name, origin, known);
  }
  for (const auto& [name, given] : environment_) {
    const auto sets = [&](const std::string& key) { return environment_name(key) == name; };
    if (std::any_of(order_.begin(), order_.end(), sets)) continue;
    const std::vector<ForeignKey>& all = of_others();
    const auto other = std::find_if(all.begin(), all.end(), [&](const ForeignKey& one) { return sets(one.key); });
    if (other != all.end()) passed_over[owners_of(other->key, all)].push_back(name);
  }
  std::vector<std::string> lines;
  for (const auto& [owners, keys] : passed_over)
    lines.push_back(fmt::format("passed over, as keys of {}: {}", owners, fmt::join(keys, ", ")));
  return lines;
}

std::string Settings::to_toml() const {
  std::vector<std::string> sections{""};
  for (const std::string& key : order_)
    if (std::find(sections.begin(), sections.end(), section_of(key)) == sections.end())
      sections.push_back(section_of(key));
  std::string toml;
  for (const std::string& section : sections) {
    std::string lines;
    for (const std::string& key : order_) {
      if (section_of(key) != section) continue;
      const Known& known = at(key);
      const std::string line =
          fmt::format("{} = {}", key.substr(section.empty() ? 0 : section.size() + 1), toml_of(known.value));
      lines += known.key.description.empty() ? line + "\n" : fmt::format("{:<31} # {}\n", line, known.key.description);
    }
    if (lines.empty()) continue;
    if (!toml.empty()) toml += "\n";
    if (!section.empty()) toml += "[" + section + "]\n";
    toml += lines;
  }
  return toml;
}

std::vector<std::string> process_environment() {
  std::vector<std::string> entries;
  for (char** entry = environ; entry && *entry; ++entry) entries.emplace_back(*entry);
  return entries;
}

}  // namespace hysteron
