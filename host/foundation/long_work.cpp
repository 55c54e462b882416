#include "foundation/long_work.hpp"

#include <utility>

namespace hysteron {
namespace {

using namespace std::chrono_literals;
constexpr auto short_work = 500ms, between_tellings = 250ms;

Attendant& attendant() {
  static auto& one = *new Attendant;  // work may go on while the program ends
  return one;
}

}  // namespace

void attend_long_work(Attendant given) { attendant() = std::move(given); }

LongWork::LongWork(std::string stage, std::int64_t total)
    : stage_(std::move(stage)), total_(total), start_(std::chrono::steady_clock::now()), told_(start_) {}

void LongWork::at(std::int64_t done) {
  const auto now = std::chrono::steady_clock::now();
  const bool last = done >= total_;
  if (!last && now - start_ >= short_work && attendant().stop_requested && attendant().stop_requested())
    throw Stopped();
  if (!attendant().tell) return;
  const bool began_to_tell = told_ != start_;
  if (last ? !began_to_tell : now - told_ < between_tellings) return;
  told_ = now;
  attendant().tell(stage_, done, total_);
}

}  // namespace hysteron
