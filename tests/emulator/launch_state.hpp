// The parts of a launch: options of the emulator, and the state of threads, warps, blocks, clusters and barriers.
#pragma once

#if defined(__CUDACC__)
#error "the emulator is for host compilers in tests; nvcc has the real thing"
#endif

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <map>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "cuda_types.hpp"
#include "machine.hpp"

#define CUDA_EMULATOR_SITE_PARAMETER const char *file = __builtin_FILE(), int line = __builtin_LINE()
#define CUDA_EMULATOR_SITE \
  ::hysteron::cuda_emulator::Site { file, line }

namespace hysteron::cuda_emulator {

struct LaunchShape {
  dim3 grid{};
  dim3 block{};
  unsigned shared_bytes = 0;  // dynamic shared memory of each block
  dim3 cluster{};
  bool cooperative = false;
  cudaStream_t stream = nullptr;  // ignored: launches are synchronous here
};

struct Error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

enum class Schedule { ascending, descending, random };

// When an asynchronous store (st.async) takes place. by_schedule: late in the ascending schedule, at once in the
// descending one, and in the random one any of the others, depending on the seed.
enum class Delivery { by_schedule, at_once, late, random_delay, slow_pairs };

struct Options {
  Schedule schedule = Schedule::ascending;
  std::uint64_t seed = 0;  // for Schedule::random
  Delivery delivery = Delivery::by_schedule;
  unsigned char fill = 0xff;             // what undefined shared memory holds: NaN, or -1
  bool exit_counts_as_arrival = false;   // true: as Volta and later; false: returning before a barrier is an error
  std::size_t stack_bytes = 256 * 1024;  // for each thread; committed when touched
  unsigned max_static_shared_bytes = 48 * 1024;
  unsigned max_shared_bytes = 227 * 1024;  // sm_90
  unsigned max_cooperative_blocks = 132;   // H100 and H200 with one block on each multiprocessor
  unsigned max_cluster_blocks = 8;         // the portable limit
};
inline thread_local constinit Options options{};

struct Statistics {
  std::uint64_t switches = 0, launches = 0;
  std::uint64_t schedules = 0;  // runs of a case, each in one order of threads
};
inline thread_local constinit Statistics statistics{};

struct Site {
  const char* file = "";
  int line = 0;
  bool operator==(const Site& other) const {
    return line == other.line && (file == other.file || std::strcmp(file, other.file) == 0);
  }
};

struct Fiber;
struct Block;

struct Barrier {
  const char* name = "";
  unsigned expected = 0, arrived = 0, exited = 0;
  std::uint64_t phase = 0;
  Site site{};
  std::vector<Fiber*> waiters{};
  std::array<char, 2> order{};
};

using Inputs = std::array<const void*, 32>;
using Outputs = std::array<void*, 32>;
using RunCollective = void (*)(const void* operation, unsigned members, const Inputs&, const Outputs&);

struct PendingCollective {
  unsigned mask = 0, arrived = 0;
  RunCollective run = nullptr;
  const void* operation = nullptr;
  Site site{};
  Inputs inputs{};
  Outputs outputs{};
};

struct Warp {
  unsigned alive = 0;
  std::array<Fiber*, 32> lanes{};
  std::vector<PendingCollective> pending{};
  std::array<char, 2> order{};
};

// An mbarrier object. Shared memory only holds a mark that it was initialized.
struct MbarrierState {
  Block* block = nullptr;
  std::size_t offset = 0;  // in the shared memory of the block
  unsigned number = 0, count = 0, pending = 0;
  std::int64_t bytes = 0;  // expected minus completed: the tx-count
  std::uint64_t phase = 0;
  const Fiber* initialized_by = nullptr;  // until fence.mbarrier_init
  std::vector<Fiber*> waiters{};
  std::array<char, 2> order{};
};

struct AsyncStore {
  Block* target = nullptr;
  MbarrierState* barrier = nullptr;
  std::byte* to = nullptr;
  std::array<std::byte, 16> content{};
  std::size_t bytes = 0;
  std::uint64_t due = 0;
  uint3 source{};
  Site site{};
  std::unique_ptr<char> order{};
};

struct Cluster {
  Barrier barrier{};
  std::vector<Block*> blocks{};
};

struct Block {
  uint3 index{};
  unsigned rank = 0, running = 0;
  bool started = false;
  Cluster* cluster = nullptr;
  Barrier barrier{};
  std::array<Barrier, 16> named{};
  std::vector<Warp> warps{};
  std::unique_ptr<std::byte[], void (*)(void*)> shared{nullptr, std::free};
  std::vector<bool> touched{};  // which shared variables exist already
  std::map<std::size_t, MbarrierState> mbarriers{};
};

struct PendingCopy {
  void* to;
  const void* from;
  std::size_t bytes;
  std::uint64_t group;
};

void fiber_main();

struct Fiber : Strand {
  char reuse = 0;  // token
  // The CUDA thread that it is currently running:
  Block* block = nullptr;
  Warp* warp = nullptr;
  uint3 index{};
  unsigned lane = 0;
  bool finished = true, arrived_at_cluster = false;
  std::uint64_t cluster_phase = 0, warp_syncs = 0, commits = 0;
  std::uint64_t priority = 0;  // in the random schedule
  const char* waits_for = nullptr;
  Site site{};
  const MbarrierState* waits_at = nullptr;
  std::vector<char*> awaited{};  // tokens of completed phases, until a fence acquires them
  std::vector<PendingCopy> copies{};

  Fiber(std::size_t bytes, bool guarded) { create_strand(*this, bytes, guarded, fiber_main); }
  ~Fiber() { destroy_strand(*this); }
  Fiber(const Fiber&) = delete;
};

struct VariableSlot {
  std::uint64_t launch_id = 0;
  std::size_t index = 0;
};

struct Launch {
  LaunchShape shape{};
  void (*run_thread)(const void* closure) = nullptr;
  const void* closure = nullptr;
  std::uint64_t id = 0;
  char begin = 0, end = 0, fence = 0;  // tokens
  std::mt19937_64 random{};
  std::vector<Fiber*> ready{};  // a queue from `next` on; a heap in the random schedule
  std::size_t next = 0;
  std::uint64_t idle_polls = 0, lowest_priority = 1U << 31, together = 0, rotation = 0;
  bool failed = false;
  std::array<char, 512> error{};
  std::exception_ptr exception{};
  Barrier grid_barrier{};
  std::vector<std::pair<std::size_t, std::size_t>> variables{};  // offset and size of each shared variable
  std::vector<VariableSlot> carved{};
  std::size_t variables_end = 0, static_bytes = 0, shared_capacity = 0;
  std::vector<AsyncStore> in_flight{};
  std::uint64_t clock = 0, slow_pairs = 0;
  Delivery delivery = Delivery::late;
};

inline thread_local constinit Strand scheduler{};  // the strand that calls run()
inline thread_local constinit Launch* launch_now = nullptr;
inline thread_local constinit Fiber* fiber_now = nullptr;

inline constexpr std::size_t red_zone = 128;
constexpr std::size_t round_up(std::size_t bytes) { return (bytes + red_zone - 1) / red_zone * red_zone; }
}  // namespace hysteron::cuda_emulator
