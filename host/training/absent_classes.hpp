#pragma once
#include <span>
#include <string>
#include <vector>

namespace hysteron {

/// The labels of one part of the data, and what messages call it: "validation".
struct LabeledPart {
  std::string name;
  std::span<const int> labels;  ///< negative ones belong to no class
};

/// For a warning: which classes that one part has are absent from another, and how often each class is in each; empty:
/// every part has them all. Parts without labels do not count.
std::string absent_classes(const std::vector<LabeledPart>& parts);

}  // namespace hysteron
