#include "training/absent_classes.hpp"

#include <map>

#include <fmt/format.h>

namespace hysteron {

std::string absent_classes(const std::vector<LabeledPart>& parts) {
  std::map<int, std::vector<int>> counts;  // of each class, in each part
  for (std::size_t part = 0; part < parts.size(); ++part)
    for (const int label : parts[part].labels)
      if (label >= 0) ++counts.try_emplace(label, parts.size()).first->second[part];
  std::string absent, names, table;
  for (std::size_t part = 0; part < parts.size(); ++part) {
    if (parts[part].labels.empty()) continue;
    names += (names.empty() ? "" : ", ") + parts[part].name;
    std::vector<int> classes;
    for (const auto& [label, count] : counts)
      if (count[part] == 0) classes.push_back(label);
    constexpr std::size_t most = 20;
    const std::string more = classes.size() > most ? fmt::format(" and {} more", classes.size() - most) : "";
    if (classes.size() > most) classes.resize(most);
    if (!classes.empty())
      absent += fmt::format("{}{} {}{} from {}", absent.empty() ? "" : ", ", classes.size() == 1 ? "class" : "classes",
                            fmt::join(classes, " "), more, parts[part].name);
  }
  if (absent.empty()) return "";
  int shown = 0;
  for (const auto& [label, count] : counts) {
    if (++shown > 50) break;
    std::string row;
    for (std::size_t part = 0; part < parts.size(); ++part)
      if (!parts[part].labels.empty()) row += fmt::format("{}{}", row.empty() ? "" : " ", count[part]);
    table += fmt::format("; class {}: {}", label, row);
  }
  return fmt::format("absent: {} (labels of {}{}{})", absent, names, table, std::ssize(counts) > shown ? "; …" : "");
}

}  // namespace hysteron
