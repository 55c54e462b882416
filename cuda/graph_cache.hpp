#pragma once
#include <cstdint>
#include <functional>
#include <list>
#include <vector>

#include "handle.hpp"

namespace hysteron::cuda {

/// Work made of many small launches, which the host hands over one by one the first time and as one graph from the
/// second time on. The graph holds addresses and shapes: the key must have all of them. Of the works seen lately the
/// `most_seen` latest are remembered, the `most_graphs` latest as graphs.
class GraphCache {
 public:
  using Key = std::vector<std::int64_t>;

  /// work only launches on the stream: it neither allocates nor waits.
  void run(const Key& key, cudaStream_t stream, const std::function<void()>& work);

 private:
  static constexpr std::size_t most_seen = 64, most_graphs = 16;
  struct Seen {
    Key key;
    ExecutableGraph graph;  // once it is worth one
  };
  void forget(cudaStream_t stream);

  std::list<Seen> seen_;  // the latest first
};

}  // namespace hysteron::cuda
