#pragma once
#include <array>
#include <map>
#include <set>
#include <string>

#include <hysteron/backend.hpp>

#include "device.hpp"
#include "schedule.hpp"

namespace hysteron::cuda {

/// Asks the dispatcher (schedule.hpp) on behalf of one device, remembers its answers, and reports each of them once.
class ScheduleChooser {
 public:
  explicit ScheduleChooser(const Device& device);

  /// A wish that choose_schedule takes, from now on.
  void wish(std::string_view schedule);
  /// From now on no run takes this schedule.
  void shut(ShutSchedule schedule);
  void on_choice(Backend::Listen listen) { listen_ = std::move(listen); }

  /// Throws a usage error if the requested schedule cannot take the run. Valid until the next wish.
  template <class Real>
  const ScheduleDecision& choose(const LayerRun<Real>& run, Direction direction);

 private:
  using Key = std::array<std::int64_t, 8>;
  void forget_choices();

  DeviceTraits traits_;
  std::string wish_ = "auto";
  Backend::Listen listen_;
  std::map<Key, ScheduleDecision> chosen_;
  std::set<std::string> told_;
};

}  // namespace hysteron::cuda
