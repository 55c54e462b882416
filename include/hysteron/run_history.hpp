#pragma once
#include <cstdint>
#include <limits>
#include <map>
#include <vector>

namespace hysteron {

/// A value of every replica over the course of a run, by gradient step; NaN where a replica has none.
using Course = std::map<std::int64_t, std::vector<double>>;

/// What a replica remembered of some sequences when it was measured (memory_capacity.hpp).
struct RecordedMemory {
  std::vector<double> error_by_lag = {}, variance_by_lag = {};  ///< [lags]
  double restitution = std::numeric_limits<double>::quiet_NaN();
};

/// What a run's journal says of its course. Where a resumed run reported something twice, the last report stands.
struct RunHistory {
  Course warm_up;                                          ///< VAA*, the mean over the layers, by step of the warm-up
  Course valid_loss, valid_accuracy;                       ///< at every validation
  Course vaa;                                              ///< during training
  Course returns;                                          ///< at every evaluation of the policies, by episode
  Course optimal;                                          ///< at the same, by episode: 1 or 0
  std::map<int, RecordedMemory> memory_start, memory_end;  ///< by replica: initialized, trained
  /// The norm of dloss/dstate at every step of the sequences, by gradient step, replica and layer.
  std::map<std::int64_t, std::map<int, std::map<int, std::vector<double>>>> gradients;
};

}  // namespace hysteron
