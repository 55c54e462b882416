#include "backend/available_threads.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <thread>

#include <sched.h>

namespace hysteron {
namespace {

namespace fs = std::filesystem;

constexpr int unlimited = std::numeric_limits<int>::max();

int processors() {
  const int all = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  cpu_set_t allowed;
  return ::sched_getaffinity(0, sizeof allowed, &allowed) == 0 ? CPU_COUNT(&allowed) : all;
}

/// The first number of "4" or "4,2"; anything but a positive number sets no limit.
int limit_of(const char* variable) {
  const char* const text = std::getenv(variable);
  if (!text) return unlimited;
  int limit = 0;
  std::from_chars(text, text + std::char_traits<char>::length(text), limit);
  return limit > 0 ? limit : unlimited;
}

/// Part of a processor counts as a whole one.
int threads_of(double quota, double period) {
  return quota > 0 && period > 0 ? static_cast<int>(std::clamp(std::ceil(quota / period), 1.0, 1e9)) : unlimited;
}

double number_in(const fs::path& file) {
  double number = 0;
  std::ifstream(file) >> number;
  return number;
}

/// cpu.max of version 2 ("200000 100000", or "max 100000"), cpu.cfs_quota_us of version 1 (-1: none).
int quota_of(const fs::path& group) {
  std::ifstream file(group / "cpu.max");
  double quota = 0, period = 0;
  if (file >> quota >> period) return threads_of(quota, period);
  return threads_of(number_in(group / "cpu.cfs_quota_us"), number_in(group / "cpu.cfs_period_us"));
}

/// The least quota of the group and of all groups above it.
int quota_up_from(const fs::path& mount, const fs::path& group) {
  int least = quota_of(mount);
  fs::path at = mount;
  for (const fs::path& part : group.relative_path()) least = std::min(least, quota_of(at /= part));
  return least;
}

/// Lines "0::/user.slice/x" (version 2), "4:cpu,cpuacct:/x" (version 1).
int cgroup_limit(const fs::path& cgroups, const fs::path& own) {
  int least = unlimited;
  std::ifstream file(own);
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line);
    std::string number, controllers, group;
    std::getline(fields, number, ':'), std::getline(fields, controllers, ':'), std::getline(fields, group);
    if (controllers.empty()) least = std::min(least, quota_up_from(cgroups, group));
    if (("," + controllers + ",").find(",cpu,") != std::string::npos)
      least = std::min({least, quota_up_from(cgroups / controllers, group), quota_up_from(cgroups / "cpu", group)});
  }
  return least;
}

}  // namespace

int available_threads(const fs::path& cgroups, const fs::path& own) {
  return std::max(1, std::min({processors(), limit_of("OMP_NUM_THREADS"), limit_of("OMP_THREAD_LIMIT"),
                               cgroup_limit(cgroups, own)}));
}

}  // namespace hysteron
