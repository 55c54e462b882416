#include "graph_cache.hpp"

#include <algorithm>

namespace hysteron::cuda {
namespace {

/// Once this is constructed, whatever is launched on the stream becomes part of a graph instead of being executed. An
/// error that leaves the scope ends the capture too.
class Capture {
 public:
  explicit Capture(cudaStream_t stream) : stream_(stream) {
    require_success(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), "cudaStreamBeginCapture");
  }
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;
  ~Capture() {
    if (!stream_) return;
    cudaGraph_t broken = nullptr;
    static_cast<void>(cudaStreamEndCapture(stream_, &broken));
    const GraphHandle dropped(broken);
  }
  GraphHandle end() {
    cudaGraph_t graph = nullptr;
    require_success(cudaStreamEndCapture(std::exchange(stream_, nullptr), &graph), "cudaStreamEndCapture");
    return GraphHandle(graph);
  }

 private:
  cudaStream_t stream_;
};

ExecutableGraph executable(const GraphHandle& graph) {
  cudaGraphExec_t made = nullptr;
  require_success(cudaGraphInstantiate(&made, graph.get(), 0), "cudaGraphInstantiate");
  return ExecutableGraph(made);
}

}  // namespace

void GraphCache::run(const Key& key, cudaStream_t stream, const std::function<void()>& work) {
  const auto found = std::ranges::find(seen_, key, &Seen::key);
  if (found == seen_.end()) {
    seen_.push_front({key, {}});
    forget(stream);
    return work();
  }
  seen_.splice(seen_.begin(), seen_, found);
  Seen& latest = seen_.front();
  if (!latest.graph) {
    Capture capture(stream);
    work();
    latest.graph = executable(capture.end());
    forget(stream);
  }
  require_success(cudaGraphLaunch(latest.graph.get(), stream), "cudaGraphLaunch");
}

// A graph that the device is still running is not taken away from it.
void GraphCache::forget(cudaStream_t stream) {
  std::size_t graphs = 0;
  for (Seen& one : seen_) {
    if (!one.graph || ++graphs <= most_graphs) continue;
    require_success(cudaStreamSynchronize(stream), "cudaStreamSynchronize");
    one.graph = {};
  }
  while (seen_.size() > most_seen) {
    if (seen_.back().graph) require_success(cudaStreamSynchronize(stream), "cudaStreamSynchronize");
    seen_.pop_back();
  }
}

}  // namespace hysteron::cuda
