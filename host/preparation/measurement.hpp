#pragma once
#include <cstdint>
#include <span>

#include <hysteron/journal.hpp>
#include <hysteron/multistability.hpp>
#include <hysteron/settings.hpp>

namespace hysteron {

/// The keys init.measure_….
void declare_measurement(Settings& settings);
MeasureOptions measure_options(const Settings& settings);

/// The multistability of a population at different times.
template <class Real>
struct Measurement {
  Model<Real>& model;
  const Sequences& sequences;
  std::span<const std::uint64_t> seeds;
  const MeasureOptions& options;
  Journal& journal;

  /// The multistability of the model as it is now, also reported to the journal as the event "measured"; empty if the
  /// options have no draws.
  Multistability now(const char* when) const;
};

extern template struct Measurement<float>;
extern template struct Measurement<double>;

}  // namespace hysteron
