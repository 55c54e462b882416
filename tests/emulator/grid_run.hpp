// Running a grid.
#pragma once

#include <algorithm>
#include <atomic>
#include <tuple>

#include "mbarriers.hpp"

namespace hysteron::cuda_emulator {

inline void finish_thread(Fiber& fiber) {
  Block& block = *fiber.block;
  if (!fiber.copies.empty()) fail("returns with asynchronous copies that it did not wait for");
  if (fiber.arrived_at_cluster) fail("returns between arriving and waiting at the cluster barrier");
  leave_barrier(block.barrier);
  leave_barrier(block.cluster->barrier);
  if (launch_now->shape.cooperative) leave_barrier(launch_now->grid_barrier);
  fiber.finished = true, fiber.warp->alive &= ~(1U << fiber.lane), launch_now->idle_polls = 0;
  for (std::size_t at = fiber.warp->pending.size(); at-- > 0;)
    complete_collective(*fiber.warp, fiber.warp->pending[at]);
  if (--block.running == 0) check_nothing_expected(block);
  if (block.running == 0)
    forbid_access(block.shared.get(), launch_now->shared_capacity, options.fill);  // it is gone for other blocks too
}

// A fiber runs one CUDA thread after another; between them it is parked in leave().
inline void fiber_main() {
  begin_strand(scheduler);
  Unobserved::begin();
  for (;;) {
    Fiber& fiber = *fiber_now;
    if (!fiber.block->started) {
      fiber.block->started = true;
      allow_access_undefined(fiber.block->shared.get() + red_zone, launch_now->shape.shared_bytes, options.fill);
    }
    const auto run_thread = launch_now->run_thread;
    const void* closure = launch_now->closure;
    if constexpr (strands_have_names) name_strand(fiber, name_current_thread());
    acquire_token(&launch_now->begin), acquire_token(&fiber.reuse);
    Unobserved::end();
    try {
      run_thread(closure);
    } catch (...) {
      launch_now->exception = std::current_exception(), launch_now->failed = true;
    }
    Unobserved::begin();
    release_token(&launch_now->end), release_token(&fiber.reuse);
    if (!launch_now->exception) finish_thread(fiber);
    leave(fiber);
  }
}

inline std::vector<std::unique_ptr<Fiber>>& fiber_pool() {
  static thread_local std::vector<std::unique_ptr<Fiber>> pool;
  return pool;
}

inline void validate(const LaunchShape& shape) {
  const auto volume = [](const dim3& d) { return std::uint64_t(d.x) * d.y * d.z; };
  const dim3 &g = shape.grid, &b = shape.block, &c = shape.cluster;
  if (launch_now != nullptr) throw Error("a kernel launches a kernel");
  if (volume(g) == 0 || g.y > 65535 || g.z > 65535) throw Error("invalid grid");
  if (volume(b) == 0 || volume(b) > 1024 || b.z > 64)
    throw Error("invalid block of " + std::to_string(volume(b)) + " threads");
  if (volume(c) == 0 || volume(c) > options.max_cluster_blocks) throw Error("invalid cluster size");
  if (g.x % c.x != 0 || g.y % c.y != 0 || g.z % c.z != 0) throw Error("the grid is not a multiple of the cluster");
  if (shape.shared_bytes > options.max_shared_bytes) throw Error("too much dynamic shared memory");
  if (shape.cooperative && volume(g) > options.max_cooperative_blocks)
    throw Error("the cooperative grid does not fit the device");
}

// Runs the given clusters, resident together, until all their threads have returned.
inline void run_resident(Launch& launch, std::vector<Cluster>& clusters) {
  std::vector<std::unique_ptr<Fiber>>& pool = fiber_pool();
  const unsigned threads = launch.shape.block.x * launch.shape.block.y * launch.shape.block.z;
  launch.together = launch.random() % 3;  // in the random schedule threads, warps or blocks run ahead of others
  const std::size_t total = clusters.size() * clusters[0].blocks.size() * threads;
  // A fiber orders the threads that it has run before those that it runs next. So, when looking for races, consecutive
  // blocks have different fibers, and thread 0 is never run by the same one.
  const std::size_t sets = strands_have_names ? std::clamp<std::size_t>(1024 / total, 1, 4) : 1, all = total * sets;
  if (pool.size() < all) pool.resize(all);
  for (std::size_t at = 0; at < all; ++at)
    if (!pool[at] || pool[at]->stack_bytes < options.stack_bytes)
      pool[at] = std::make_unique<Fiber>(options.stack_bytes, at < 16384);
  ++launch.rotation;
  std::uint64_t priority = 0;
  std::size_t used = 0;
  for (Cluster& cluster : clusters) {
    cluster.barrier.name = "cluster barrier", cluster.barrier.expected = unsigned(threads * cluster.blocks.size());
    for (Block* block : cluster.blocks) {
      block->running = threads, block->barrier.name = "__syncthreads", block->barrier.expected = threads;
      block->warps.resize((threads + 31) / 32);
      for (unsigned thread = 0; thread < threads; ++thread, ++used) {
        Fiber& fiber = *pool[(used + launch.rotation * total + launch.rotation / sets) % all];
        fiber.block = block, fiber.warp = &block->warps[thread / 32], fiber.lane = thread % 32, fiber.finished = false;
        fiber.index = {thread % blockDim.x, thread / blockDim.x % blockDim.y, thread / (blockDim.x * blockDim.y)};
        fiber.waits_for = nullptr, fiber.waits_at = nullptr, fiber.awaited.clear(),
        fiber.warp_syncs = fiber.commits = 0, fiber.arrived_at_cluster = false;
        fiber.warp->lanes[fiber.lane] = &fiber, fiber.warp->alive |= 1U << fiber.lane;
        if (thread % (launch.together == 1 ? 32 : 1024) == 0) priority = launch.random() | std::uint64_t(1) << 32;
        fiber.priority = priority + launch.random() % 1024;
        enqueue(fiber);
      }
    }
  }
  if (options.schedule == Schedule::descending) std::reverse(launch.ready.begin(), launch.ready.end());
  choose_delivery(launch);
  while (deliver_due(launch) || !launch.ready.empty()) {
    ++launch.clock;
    resume(pick(launch));
    if (launch.exception) std::rethrow_exception(launch.exception);
    if (launch.failed) throw Error(launch.error.data());
    if (launch.idle_polls > 1000 * used) throw Error("livelock: threads only wait for memory that no thread writes");
  }
  std::map<std::string, unsigned> stuck;
  for (const std::unique_ptr<Fiber>& owned : pool)
    if (const Fiber& fiber = *owned; !fiber.finished)
      ++stuck[std::string(fiber.waits_for) + " " + fiber.site.file + ":" + std::to_string(fiber.site.line) +
              (fiber.waits_at != nullptr ? std::string(" (") + describe(*fiber.waits_at) + ")" : "")];
  for (const Cluster& cluster : clusters)
    for (const Block* block : cluster.blocks)
      if (stuck.empty() && !still_forbidden(block->shared.get(), launch.shared_capacity, options.fill))
        throw Error("a block wrote to the shared memory of block " + std::to_string(block->rank) +
                    " of its cluster, which had returned");
  std::string report;
  for (const auto& [where, count] : stuck) report += "; " + std::to_string(count) + " thread(s) at " + where;
  if (!stuck.empty()) throw Error("deadlock" + report);
}

inline void run_all(Launch& launch) {
  const dim3 &grid = launch.shape.grid, &size = launch.shape.cluster;
  const dim3 counts(grid.x / size.x, grid.y / size.y, grid.z / size.z);  // number of clusters
  const std::size_t total = std::size_t(counts.x) * counts.y * counts.z, cluster_blocks = size.x * size.y * size.z;
  const std::size_t resident = launch.shape.cooperative ? total : 1;
  std::vector<std::size_t> order(total);
  for (std::size_t at = 0; at < total; ++at) order[at] = options.schedule == Schedule::descending ? total - 1 - at : at;
  if (options.schedule == Schedule::random) std::shuffle(order.begin(), order.end(), launch.random);
  launch.grid_barrier.name = "grid barrier";
  launch.grid_barrier.expected = unsigned(total * cluster_blocks * blockDim.x * blockDim.y * blockDim.z);
  for (std::size_t first = 0; first < total; first += resident) {
    std::vector<Block> blocks(resident * cluster_blocks);
    std::vector<Cluster> clusters(resident);
    for (std::size_t at = 0; at < blocks.size(); ++at) {
      Block& block = blocks[at];
      const unsigned rank = unsigned(at % cluster_blocks);
      const std::size_t number = order[first + at / cluster_blocks];
      block.rank = rank, block.cluster = &clusters[at / cluster_blocks];
      block.index = {unsigned(number % counts.x) * size.x + rank % size.x,
                     unsigned(number / counts.x % counts.y) * size.y + rank / size.x % size.y,
                     unsigned(number / counts.x / counts.y) * size.z + rank / size.x / size.y};
      block.cluster->blocks.push_back(&block);
      block.shared.reset(static_cast<std::byte*>(std::aligned_alloc(red_zone, launch.shared_capacity)));
      if (!block.shared) throw std::bad_alloc();
      forbid_access(block.shared.get(), launch.shared_capacity, options.fill);
    }
    run_resident(launch, clusters);
  }
}

inline void run(const LaunchShape& shape, void (*run_thread)(const void*), const void* closure) {
  validate(shape);
  Launch launch;
  static std::atomic<std::uint64_t> launches = 0;
  ++statistics.launches;
  launch.shape = shape, launch.run_thread = run_thread, launch.closure = closure, launch.id = ++launches;
  launch.random.seed(options.seed);
  launch.variables_end = red_zone + round_up(shape.shared_bytes) + red_zone;
  launch.shared_capacity =
      round_up(launch.variables_end + shape.shared_bytes + options.max_static_shared_bytes + 64 * 2 * red_zone);
  adopt_current(scheduler);
  release_token(&launch.begin);
  {
    Unobserved unobserved;
    launch_now = &launch, gridDim = shape.grid, blockDim = shape.block;
    try {
      run_all(launch);
    } catch (...) {
      for (const std::unique_ptr<Fiber>& fiber : fiber_pool())
        if (fiber) release_token_for(*fiber, scheduler, &launch.end);
      acquire_token(&launch.end);  // what abandoned threads did precedes what the caller does next
      launch_now = nullptr;
      fiber_pool().clear();  // threads were left in the middle
      throw;
    }
    launch_now = nullptr;
  }
  acquire_token(&launch.end);
}

template <typename... Parameters, typename... Arguments>
void launch(const LaunchShape& shape, void (*kernel)(Parameters...), Arguments&&... arguments) {
  static_assert(sizeof...(Parameters) == sizeof...(Arguments));
  const std::tuple<std::remove_cv_t<Parameters>...> parameters(std::forward<Arguments>(arguments)...);
  const auto call = [kernel, &parameters] {
    [&]<std::size_t... at>(std::index_sequence<at...>) { kernel(std::get<at>(parameters)...); }
    (std::index_sequence_for<Parameters...>{});
  };
  run(
      shape, [](const void* closure) { (*static_cast<const decltype(call)*>(closure))(); }, &call);
}

// Calls `function` once with each schedule: ascending, descending, and random with the given number of seeds.
template <typename Function>
void for_each_schedule(unsigned seeds, const Function& function) {
  const struct Restored {
    Options saved = options;
    ~Restored() { options = saved; }
  } restored;
  for (unsigned at = 0; at < 2 + seeds; ++at) {
    options = restored.saved;
    options.schedule = at == 0 ? Schedule::ascending : at == 1 ? Schedule::descending : Schedule::random;
    options.seed = at;
    ++statistics.schedules;
    function();
  }
}

}  // namespace hysteron::cuda_emulator
