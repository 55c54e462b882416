#include "attractors/prefixes.hpp"

#include <algorithm>

namespace hysteron {

Prefixes draw_prefixes(const Sequences& sequences, std::span<const std::uint64_t> seeds, int n, Stream batch,
                       Stream prefix, int step) {
  Prefixes drawn;
  for (std::size_t replica = 0; replica < seeds.size(); ++replica) {
    Random choice(seeds[replica], batch, static_cast<std::uint64_t>(step)),
        length(seeds[replica], prefix, static_cast<std::uint64_t>(step));
    const int first = sequences.owners > 1 ? static_cast<int>(replica) * sequences.count : 0;
    std::vector<int> chosen;
    while (static_cast<int>(chosen.size()) < n) {
      const int index = first + static_cast<int>(choice.below(sequences.count));
      if (std::find(chosen.begin(), chosen.end(), index) == chosen.end()) chosen.push_back(index);
    }
    for (const int index : chosen) {
      drawn.indices.push_back(index);
      drawn.lengths.push_back(sequences.lengths.empty() ? 1 + static_cast<int>(length.below(sequences.total_steps()))
                                                        : sequences.lengths[index]);
    }
  }
  return drawn;
}

}  // namespace hysteron
