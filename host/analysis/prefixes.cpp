#include "analysis/prefixes.hpp"

#include <algorithm>

namespace hysteron {

Prefixes draw_prefixes(const Sequences& sequences, std::span<const std::uint64_t> seeds, int n, Stream batch,
                       Stream prefix, int step) {
  Prefixes drawn;
  for (const std::uint64_t seed : seeds) {
    Random choice(seed, batch, static_cast<std::uint64_t>(step)),
        length(seed, prefix, static_cast<std::uint64_t>(step));
    std::vector<int> chosen;
    while (static_cast<int>(chosen.size()) < n) {
      const int index = static_cast<int>(choice.below(sequences.count));
      if (std::find(chosen.begin(), chosen.end(), index) == chosen.end()) chosen.push_back(index);
    }
    for (const int index : chosen) {
      drawn.indices.push_back(index);
      drawn.lengths.push_back(sequences.lengths.empty() ? 1 + static_cast<int>(length.below(sequences.total_steps()))
                                                        : sequences.lengths[static_cast<std::size_t>(index)]);
    }
  }
  return drawn;
}

}  // namespace hysteron
