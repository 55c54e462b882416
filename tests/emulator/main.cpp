// Runs the tests of a file, and says how much of it the emulator executed.
#include <fstream>
#include <iostream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cuda_emulator.hpp"

int main(int count, char** arguments) {
  testing::InitGoogleMock(&count, arguments);
  const int result = RUN_ALL_TESTS();
  const auto& statistics = hysteron::cuda_emulator::statistics;
  const int tests = testing::UnitTest::GetInstance()->successful_test_count();
  std::cout << tests << " tests, " << statistics.schedules << " cases in an order of threads, " << statistics.launches
            << " launches\n";
  std::ofstream(HYSTERON_EMULATOR_COUNT) << tests << ' ' << statistics.schedules << ' ' << statistics.launches << '\n';
  return result;
}
