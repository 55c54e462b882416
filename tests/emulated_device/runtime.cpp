#include <cmath>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <sstream>
#include <vector>

#include "emulated_stream.hpp"
#include "planted_fault.hpp"

// Devices whose streams do nothing until somebody waits for them. EMULATED_GPUS has their compute capabilities
// ("7.5 9.0").

using Work = std::vector<std::function<void()>>;

struct CUstream_st {
  std::deque<std::function<void()>> waiting;
  bool captured = false;
  Work capture;
};
struct CUevent_st {
  cudaStream_t stream = nullptr;
};
struct CUgraph_st {
  Work work;
};
struct CUgraphExec_st {
  Work work;
};

namespace {

constexpr std::size_t memory_bytes = std::size_t{2} << 30;
constexpr unsigned char never_written = 0xa5;

std::vector<cudaStream_t>& streams() {
  static auto& made = *new std::vector<cudaStream_t>;  // lives as long as the program
  return made;
}

std::vector<double> compute_capabilities() {
  const char* const given = std::getenv("EMULATED_GPUS");
  std::istringstream words(given ? given : "9.0");
  std::vector<double> all;
  for (double one; words >> one;) all.push_back(one);
  return all;
}

void finish(cudaStream_t stream) {
  while (!stream->waiting.empty()) {
    const auto work = std::move(stream->waiting.front());
    stream->waiting.pop_front();
    work();
  }
}

}  // namespace

namespace hysteron::cuda_emulator {

void enqueue(cudaStream_t stream, std::function<void()> work) {
  if (stream->captured) {
    stream->capture.push_back(std::move(work));
  } else {
    stream->waiting.push_back(std::move(work));
  }
}

}  // namespace hysteron::cuda_emulator

using hysteron::cuda_emulator::device_status;
using hysteron::cuda_emulator::enqueue;

const char* cudaGetErrorName(cudaError_t status) {
  return status == cudaErrorLaunchFailure        ? "cudaErrorLaunchFailure"
         : status == cudaErrorDevicesUnavailable ? "cudaErrorDevicesUnavailable"
                                                 : "cudaErrorEmulated";
}
const char* cudaGetErrorString(cudaError_t) { return "an error of the emulated device"; }
cudaError_t cudaGetLastError() { return cudaSuccess; }
cudaError_t cudaDriverGetVersion(int* version) {
  *version = CUDART_VERSION;
  return cudaSuccess;
}
cudaError_t cudaGetDeviceCount(int* count) {
  *count = static_cast<int>(compute_capabilities().size());
  return *count > 0 ? cudaSuccess : cudaErrorNoDevice;
}
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device) {
  const double capability = compute_capabilities().at(static_cast<std::size_t>(device));
  *properties = {.name = "emulated GPU",
                 .uuid = {{static_cast<char>(device)}},
                 .totalGlobalMem = memory_bytes,
                 .sharedMemPerBlockOptin = 227 * 1024,
                 .major = static_cast<int>(capability),
                 .minor = static_cast<int>(std::lround(capability * 10)) % 10,
                 .multiProcessorCount = 132};
  return cudaSuccess;
}
cudaError_t cudaSetDevice(int) { return cudaSuccess; }
cudaError_t cudaMemGetInfo(std::size_t* free, std::size_t* total) {
  *free = *total = memory_bytes;
  return cudaSuccess;
}

cudaError_t cudaMalloc(void** memory, std::size_t bytes) {
  if (bytes > memory_bytes) return cudaErrorMemoryAllocation;
  if (device_status() != cudaSuccess) return device_status();
  *memory = std::aligned_alloc(256, (bytes + 255) / 256 * 256);
  std::memset(*memory, never_written, bytes);
  return cudaSuccess;
}
cudaError_t cudaFree(void* memory) {
  for (const cudaStream_t stream : streams()) finish(stream);
  std::free(memory);
  return cudaSuccess;
}
cudaError_t cudaMallocHost(void** memory, std::size_t bytes) { return cudaMalloc(memory, bytes); }
cudaError_t cudaFreeHost(void* memory) { return cudaFree(memory); }

cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind, cudaStream_t stream) {
  enqueue(stream, [=] { std::memmove(to, from, bytes); });
  return device_status();
}
cudaError_t cudaMemsetAsync(void* memory, int value, std::size_t bytes, cudaStream_t stream) {
  enqueue(stream, [=] { std::memset(memory, value, bytes); });
  return cudaSuccess;
}
cudaError_t cudaMemset2DAsync(void* memory, std::size_t pitch, int value, std::size_t width, std::size_t height,
                              cudaStream_t stream) {
  enqueue(stream, [=] {
    for (std::size_t row = 0; row < height; ++row) std::memset(static_cast<char*>(memory) + row * pitch, value, width);
  });
  return cudaSuccess;
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  *stream = new CUstream_st;
  streams().push_back(*stream);
  return cudaSuccess;
}
cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  finish(stream);
  std::erase(streams(), stream);
  delete stream;
  return cudaSuccess;
}
cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  if (stream->captured) return cudaErrorUnknown;
  finish(stream);
  return device_status();
}
cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode) {
  if (stream->captured) return cudaErrorUnknown;
  stream->captured = true;
  stream->capture.clear();
  return cudaSuccess;
}
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  if (!stream->captured) return cudaErrorUnknown;
  stream->captured = false;
  *graph = new CUgraph_st{std::move(stream->capture)};
  return cudaSuccess;
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned) {
  *event = new CUevent_st;
  return cudaSuccess;
}
cudaError_t cudaEventDestroy(cudaEvent_t event) {
  delete event;
  return cudaSuccess;
}
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  event->stream = stream;
  return cudaSuccess;
}
cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  if (event->stream) finish(event->stream);
  return device_status();
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  delete graph;
  return cudaSuccess;
}
cudaError_t cudaGraphInstantiate(cudaGraphExec_t* executable, cudaGraph_t graph, unsigned long long) {
  *executable = new CUgraphExec_st{graph->work};
  return cudaSuccess;
}
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t executable) {
  delete executable;
  return cudaSuccess;
}
cudaError_t cudaGraphLaunch(cudaGraphExec_t executable, cudaStream_t stream) {
  for (const auto& work : executable->work) enqueue(stream, work);
  return device_status();
}
