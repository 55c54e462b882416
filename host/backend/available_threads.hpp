#pragma once
#include <filesystem>

namespace hysteron {

/// How many threads this process may keep busy: the least of the number of processors on which it may run (affinity),
/// the CPU quotas of its control group and those above it, and OMP_NUM_THREADS and OMP_THREAD_LIMIT; at least 1.
/// cgroups, own: where control groups are mounted, and the file that says which one is this process's.
int available_threads(const std::filesystem::path& cgroups = "/sys/fs/cgroup",
                      const std::filesystem::path& own = "/proc/self/cgroup");

}  // namespace hysteron
