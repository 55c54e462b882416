#pragma once
#include <cstdint>
#include <limits>
#include <map>
#include <vector>

namespace hysteron {

/// A value of every replica in the course of a run, by gradient step; NaN where a replica has none.
using Course = std::map<std::int64_t, std::vector<double>>;

/// What a replica remembered of some sequences when it was measured (memory_capacity.hpp).
struct RecordedMemory {
  std::vector<double> error_by_lag = {}, variance_by_lag = {};  ///< [lags]
  double restitution = std::numeric_limits<double>::quiet_NaN();
};

/// What a run's journal says of its course. What a resumed run told twice stands as it was told last.
struct RunHistory {
  Course warm_up;                                          ///< VAA*, the mean over the layers, by step of the warm-up
  Course valid_loss, valid_accuracy;                       ///< of every validation
  Course vaa;                                              ///< during training
  Course returns;                                          ///< of every evaluation of the policies, by episode
  Course optimal;                                          ///< of the same, by gradient step: 1 or 0
  std::map<int, RecordedMemory> memory_start, memory_end;  ///< by replica: initialized, trained
  /// By gradient step, replica and layer: the norm of dloss/dstate at every step of the sequences.
  std::map<std::int64_t, std::map<int, std::map<int, std::vector<double>>>> gradients;
};

}  // namespace hysteron
