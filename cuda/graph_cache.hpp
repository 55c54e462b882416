#pragma once
#include <cstdint>
#include <functional>
#include <list>
#include <vector>

#include "handle.hpp"

namespace hysteron::cuda {

/// Work made of many small launches, which the host submits one by one the first time and as one graph from the second
/// time on. The graph holds addresses and shapes: the key must contain all of them. The `most_seen` most recent works
/// are remembered, the `most_graphs` most recent of them as graphs.
class GraphCache {
 public:
  using Key = std::vector<std::int64_t>;

  /// work only launches on the stream: it must neither allocate nor wait.
  void run(const Key& key, cudaStream_t stream, const std::function<void()>& work);

 private:
  static constexpr std::size_t most_seen = 64, most_graphs = 16;
  struct Seen {
    Key key;
    ExecutableGraph graph;  // once it is worth making one
  };
  void forget(cudaStream_t stream);

  std::list<Seen> seen_;  // most recent first
};

}  // namespace hysteron::cuda
