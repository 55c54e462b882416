#include "runs/every_key.hpp"

#include <algorithm>

#include <hysteron/error.hpp>
#include <hysteron/registry.hpp>

#include "runs/configuration.hpp"

namespace hysteron {
namespace {

using Keys = std::vector<SettingKey>;

Keys keys_with(const std::string& chooser, const std::string& member) {
  Settings settings;
  settings.set(chooser, member, "the list of all keys");
  configure(settings, Sections::task_and_training, StartFile::passed_over);
  return settings.keys();
}

Keys with_prefix(const Keys& keys, const std::string& prefix) {
  Keys some;
  for (const SettingKey& key : keys)
    if (key.name.starts_with(prefix)) some.push_back(key);
  return some;
}

Keys without(const Keys& keys, const Keys& others) {
  Keys some;
  for (const SettingKey& key : keys)
    if (std::ranges::find(others, key.name, &SettingKey::name) == others.end()) some.push_back(key);
  return some;
}

/// A group for each member of a family, with the keys that `common` lacks.
template <class Family>
void add_family(std::vector<KeyGroup>& groups, const std::string& section, const Keys& common) {
  for (const std::string& name : Registry<Family>::names())
    if (Keys own = without(with_prefix(keys_with(section + ".name", name), section + "."), common); !own.empty())
      groups.push_back({std::string(Family::noun) + " " + name, std::move(own)});
}

std::vector<KeyGroup> all_groups() {
  const Keys supervised = keys_with("init.name", "classic");
  // Every start has the keys of a start that only draws.
  const Keys tasks = with_prefix(supervised, "task."), training = with_prefix(supervised, "train.");
  Keys every = without(without(supervised, tasks), training);
  for (const SettingKey& key : tasks)
    if (key.name == "task.name") every.push_back(key);
  std::vector<KeyGroup> groups{{"every run", every}};
  add_family<Task>(groups, "task", every);
  add_family<Initializer>(groups, "init", every);
  groups.push_back({"training on sequences", training});
  for (const std::string& name : Registry<Task>::names())
    if (Registry<Task>::make(name)->learning() == Learning::reinforcement) {
      groups.push_back({"training in an environment", with_prefix(keys_with("task.name", name), "train.")});
      break;
    }
  groups.push_back(
      {"a start from a file", without(with_prefix(keys_with("model.start", "m.safetensors"), "model."), every)});
  return groups;
}

}  // namespace

const std::vector<KeyGroup>& every_key() {
  static const std::vector<KeyGroup> groups = all_groups();
  return groups;
}

std::vector<ForeignKey> foreign_keys() {
  std::vector<ForeignKey> keys;
  for (const KeyGroup& group : every_key()) {
    const bool member = group.title.starts_with(Task::noun) || group.title.starts_with(Initializer::noun);
    for (const SettingKey& key : group.keys) keys.push_back({key.name, (member ? "the " : "") + group.title});
  }
  return keys;
}

const SettingKey& key_named(const std::string& name) {
  for (const KeyGroup& group : every_key())
    for (const SettingKey& key : group.keys)
      if (key.name == name) return key;
  throw defect({.what = "a key that no configuration has", .found = name});
}

}  // namespace hysteron
