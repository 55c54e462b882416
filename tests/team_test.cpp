// Threads that take numbered tasks, how many of them there may be, and denormal numbers during the computation.
#include "backend/team.hpp"

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <hysteron/backend.hpp>

#include "backend/available_threads.hpp"
#include "backend/denormals.hpp"
#include "tests/record_files.hpp"

namespace hysteron {
namespace {

using testing::Each;
using testing::HasSubstr;

template <class Work>
void run(Team& team, std::ptrdiff_t tasks, const Work& work) {
  team.run(
      tasks,
      [](const void* context, std::ptrdiff_t number, int thread) {
        (*static_cast<const Work*>(context))(number, thread);
      },
      &work);
}

TEST(Team, DoesEveryTaskOnceWhateverTheThreads) {
  for (const int threads : {1, 2, 5}) {
    Team team(threads);
    EXPECT_EQ(team.size(), threads);
    for (const std::ptrdiff_t tasks : {0, 1, 2, 3, 1000}) {
      std::vector<std::atomic<int>> done(static_cast<std::size_t>(tasks));
      std::atomic<bool> right{true};
      run(team, tasks, [&](std::ptrdiff_t number, int thread) {
        ++done[static_cast<std::size_t>(number)];
        if (thread < 0 || thread >= threads) right = false;
      });
      for (const std::atomic<int>& times : done) EXPECT_EQ(times, 1);
      EXPECT_TRUE(right);
    }
  }
}

TEST(Team, ManyShortRunsSeeWhatTheRunsBeforeWrote) {
  Team team(3);
  std::vector<int> values(64);
  for (int call = 0; call < 20'000; ++call)
    run(team, std::ssize(values), [&](std::ptrdiff_t number, int) {
      int& value = values[static_cast<std::size_t>(number)];
      if (value == call) value = call + 1;
    });
  EXPECT_THAT(values, Each(20'000));
}

TEST(Team, ThreadsWorkSideBySide) {
  Team team(2);
  std::atomic<int> inside{0};
  run(team, 2, [&](std::ptrdiff_t, int) {
    ++inside;
    while (inside < 2) std::this_thread::yield();  // each waits for the other
  });
  EXPECT_EQ(inside, 2);
}

TEST(Denormals, AreZeroWhileATeamComputesAndAsBeforeAfterwards) {
  const volatile float least = std::numeric_limits<float>::min();
  const volatile double least_double = std::numeric_limits<double>::min();
  const auto halves_are_zero = [&] { return least / 2 == 0 && least_double / 2 == 0; };
  ASSERT_FALSE(halves_are_zero());
  {
    const FlushedDenormals flushed;
    if (!halves_are_zero()) GTEST_SKIP() << "this processor's denormal numbers are left as they are";
  }
  EXPECT_FALSE(halves_are_zero());
  Team team(3);
  std::atomic<int> zeros{0};
  run(team, 100, [&](std::ptrdiff_t, int) { zeros += halves_are_zero() ? 1 : 0; });
  EXPECT_EQ(zeros, 100);
  EXPECT_FALSE(halves_are_zero());
}

TEST(AvailableThreads, FollowTheQuotasOfControlGroupsAndWhatIsAboveThem) {
  const TemporaryFolder folder;
  const auto with = [&](const std::string& group, const std::string& file, const std::string& text) {
    std::filesystem::create_directories(folder / group);
    put(folder / group / file, text);
  };
  put(folder / "own", "0::/job/step\n");
  const auto available = [&] { return available_threads(folder / "", folder / "own"); };
  const int processors = available();
  ASSERT_GE(processors, 1);
  with("job/step", "cpu.max", "max 100000\n");
  EXPECT_EQ(available(), processors);
  with("job/step", "cpu.max", "50000 100000\n");  // half a processor
  EXPECT_EQ(available(), 1);
  with("job/step", "cpu.max", "max 100000\n");
  with("job", "cpu.max", "100000 100000\n");
  EXPECT_EQ(available(), 1);
  put(folder / "own", "7:memory:/\n4:cpu,cpuacct:/old\n");
  EXPECT_EQ(available(), processors);
  with("cpu,cpuacct/old", "cpu.cfs_quota_us", "90000\n");
  with("cpu,cpuacct/old", "cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(available(), 1);
  with("cpu,cpuacct/old", "cpu.cfs_quota_us", "-1\n");
  EXPECT_EQ(available(), processors);
}

TEST(AvailableThreads, FollowOpenMpsVariables) {
  for (const char* const variable : {"OMP_NUM_THREADS", "OMP_THREAD_LIMIT"}) {
    const char* const before = std::getenv(variable);
    const std::string kept = before ? before : "";
    for (const char* const text : {"1", "1,4", "1 "}) {
      ::setenv(variable, text, 1);
      EXPECT_EQ(available_threads(), 1) << variable << "=" << text;
      EXPECT_THAT(make_backend("cpu")->description(), HasSubstr(" 1 thread,"));
      EXPECT_THAT(make_backend("cpu", 2)->description(), HasSubstr(" 2 threads,"));  // an explicit number is granted
    }
    ::unsetenv(variable);
    const int without = available_threads();
    for (const char* const text : {"", "0", "-3", "many"}) {
      ::setenv(variable, text, 1);
      EXPECT_EQ(available_threads(), without) << variable << "=" << text;
    }
    before ? ::setenv(variable, kept.c_str(), 1) : ::unsetenv(variable);
  }
}

}  // namespace
}  // namespace hysteron
