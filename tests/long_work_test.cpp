// Work without steps of training: it tells how far it is, and is given up when a stop is asked for.
#include "foundation/long_work.hpp"

#include <string>
#include <thread>

#include <gtest/gtest.h>

namespace hysteron {
namespace {

using namespace std::chrono_literals;

class Attended : public testing::Test {
 protected:
  void SetUp() override {
    attend_long_work({.stop_requested = [this] { return stop_; },
                      .tell =
                          [this](const std::string& stage, std::int64_t done, std::int64_t total) {
                            told_ += stage + std::to_string(done) + "/" + std::to_string(total) + " ";
                          }});
  }
  void TearDown() override { attend_long_work({}); }
  bool stop_ = false;
  std::string told_;
};

TEST_F(Attended, TellsHowFarItIs) {
  LongWork work("a ", 10);
  std::this_thread::sleep_for(300ms);
  work.at(3);
  work.at(10);
  EXPECT_EQ(told_, "a 3/10 a 10/10 ");
}

TEST_F(Attended, IsGivenUpUnlessItIsDone) {
  stop_ = true;
  LongWork work("a ", 10);
  std::this_thread::sleep_for(600ms);
  EXPECT_NO_THROW(work.at(10));
  EXPECT_THROW(work.at(3), Stopped);
}

TEST_F(Attended, WhatIsShortIsBroughtToItsEndInSilence) {
  attend_long_work({});
  LongWork("a ", 2).at(1);
  stop_ = true;
  SetUp();
  LongWork work("b ", 1);
  work.at(1);
  EXPECT_EQ(told_, "");
}

}  // namespace
}  // namespace hysteron
