#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>

#include <sys/mman.h>
#include <unistd.h>

#include <hysteron/backend.hpp>

#include "backend/available_threads.hpp"
#include "backend/cpu_decompositions.hpp"
#include "backend/cpu_operations.hpp"

namespace hysteron {

namespace {

std::string machine() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const std::size_t colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "CPU";
}

class CpuBackend final : public Backend {
 public:
  explicit CpuBackend(int threads)
      : asked_(threads),
        workers_(threads, chosen_level()),
        float_operations_(workers_),
        double_operations_(workers_),
        decompositions_(workers_) {}

  void* allocate(std::size_t bytes) override {
    // Large blocks lie on large pages where the system provides them: fewer misses when a product walks a matrix.
    constexpr std::size_t large_page = std::size_t(1) << 21;
    const std::size_t unit = bytes >= large_page ? large_page : Arena::alignment;
    const std::size_t most =
        static_cast<std::size_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    const std::size_t rounded = bytes <= most ? (bytes + unit - 1) / unit * unit : 0;
    void* const memory = bytes <= most ? std::aligned_alloc(unit, rounded ? rounded : unit) : nullptr;
    if (!memory) {
      throw device_error({.what = "not enough memory",
                          .expected = "at most " + std::to_string(most) + " bytes (this machine's memory)",
                          .found = std::to_string(bytes) + " bytes asked for",
                          .hint = "fewer replicas, a smaller batch or shorter sequences need less"});
    }
    if (unit == large_page) madvise(memory, rounded, MADV_HUGEPAGE);
    std::memset(memory, 0, bytes);
    return memory;
  }
  void release(void* memory) noexcept override { std::free(memory); }
  void copy_in(void* to, const void* from, std::size_t bytes) override { copy(to, from, bytes); }
  void copy_out(void* to, const void* from, std::size_t bytes) override { copy(to, from, bytes); }
  void copy(void* to, const void* from, std::size_t bytes) override {
    if (bytes > 0) std::memmove(to, from, bytes);
  }
  void clear(void* memory, std::size_t bytes) override {
    if (bytes > 0) std::memset(memory, 0, bytes);
  }

  std::string name() const override { return "cpu"; }
  std::string description() const override {
    const int threads = workers_.threads();
    return machine() + ", " + std::to_string(threads) + (threads == 1 ? " thread" : " threads") + ", instructions " +
           workers_.level().name;
  }
  std::vector<std::string> warnings() const override {
    if (workers_.threads() == asked_) return {};
    return {"the system starts " + std::to_string(workers_.threads()) + " threads of the " + std::to_string(asked_) +
            " asked for; a limit on processes or memory (ulimit -u, ulimit -v) may be the reason"};
  }
  Operations<float>& operations(float) override { return float_operations_; }
  Operations<double>& operations(double) override { return double_operations_; }
  Decompositions& decompositions() override { return decompositions_; }

 private:
  int asked_;
  Workers workers_;
  CpuOperations<float> float_operations_;
  CpuOperations<double> double_operations_;
  CpuDecompositions decompositions_;
};

std::unique_ptr<Backend> make_cpu(int, int threads) {
  return std::make_unique<CpuBackend>(threads > 0 ? threads : available_threads());
}

const BackendRegistration registration(
    {.name = "cpu",
     .rank = 0,
     .reason_against = [] { return std::string(); },
     .devices = [] { return std::vector<BackendDevice>{{.name = "cpu", .description = machine()}}; },
     .make = make_cpu,
     .schedules = [] { return std::vector<std::string>{"auto"}; }});

}  // namespace

}  // namespace hysteron
