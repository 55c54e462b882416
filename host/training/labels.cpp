#include "training/labels.hpp"

#include <algorithm>
#include <string>

#include <hysteron/error.hpp>
#include <hysteron/operations.hpp>

namespace hysteron {

void require_labels(const Sequences& sequences, int outputs) {
  const auto wrong = std::ranges::find_if(
      sequences.labels, [outputs](int label) { return label != ignored_label && (label < 0 || label >= outputs); });
  if (wrong == sequences.labels.end()) return;
  throw data_error({.what = "a label out of range, of sequence " +
                            std::to_string((wrong - sequences.labels.begin()) / sequences.label_steps()),
                    .expected = "0 to " + std::to_string(outputs - 1),
                    .found = std::to_string(*wrong),
                    .hint = "the read-out needs one output for each class"});
}

}  // namespace hysteron
