#pragma once
#include <filesystem>

namespace hysteron {

/// How many threads this process may have at work: the least of the processors that it may run on (affinity), the CPU
/// quota of its control group and those above it, and what OMP_NUM_THREADS and OMP_THREAD_LIMIT say; 1 at least.
/// cgroups, own: where control groups are mounted, and the file that says which one is this process's.
int available_threads(const std::filesystem::path& cgroups = "/sys/fs/cgroup",
                      const std::filesystem::path& own = "/proc/self/cgroup");

}  // namespace hysteron
