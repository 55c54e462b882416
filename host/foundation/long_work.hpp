#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace hysteron {

/// Thrown out of long work that is given up because the user asked for a stop. No error: nothing is wrong.
struct Stopped {};

/// What long work asks and tells. Without an attendant it does neither.
struct Attendant {
  std::function<bool()> stop_requested = {};
  std::function<void(const std::string& stage, std::int64_t done, std::int64_t total)> tell = {};
};

/// From now on, for the whole process.
void attend_long_work(Attendant attendant);

/// Work that may last for minutes without a step of training: a measurement, an evaluation, data being drawn. It tells
/// how far it is, and is given up when a stop is asked for; what is short is brought to its end.
class LongWork {
 public:
  LongWork(std::string stage, std::int64_t total);
  LongWork(const LongWork&) = delete;
  LongWork& operator=(const LongWork&) = delete;

  /// So much is done. To be called every tenth of a second or more often. Throws Stopped.
  void at(std::int64_t done);

 private:
  std::string stage_;
  std::int64_t total_;
  std::chrono::steady_clock::time_point start_, told_;
};

}  // namespace hysteron
