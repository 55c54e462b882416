#pragma once
#include <string>
#include <vector>

#include <hysteron/settings.hpp>

namespace hysteron {

/// Keys of a configuration that belong together: those of every run, of a task, of an initializer, of a way to train.
struct KeyGroup {
  std::string title;  ///< "task copy_first_input"
  std::vector<SettingKey> keys;
};

/// Every key that a configuration may have, whichever task and initializer it chooses.
const std::vector<KeyGroup>& every_key();

/// All of them, each with whose it is: "the initializer warm_up", "training on sequences".
std::vector<ForeignKey> foreign_keys();

/// The first key of that name. Asking for one that does not exist is a defect.
const SettingKey& key_named(const std::string& name);

}  // namespace hysteron
