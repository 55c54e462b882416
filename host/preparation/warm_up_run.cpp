#include <hysteron/prepare.hpp>

#include "foundation/statistics.hpp"
#include "preparation/measurement.hpp"

namespace hysteron {

template <class Real>
Prepared warm_up(Model<Real>& model, const Sequences& sequences, std::span<const std::uint64_t> seeds,
                 const WarmUpOptions& options, Journal& journal) {
  const Measurement<Real> measurement{model, sequences, seeds, options.measure, journal};
  Prepared prepared{.before = measurement.now("before")};
  WarmUp<Real> warming(model, sequences, seeds, options);
  for (int s = 0; s < options.steps; ++s) {
    const std::vector<unsigned char> active = warming.active();
    const std::vector<double>& loss = warming.step(s);
    for (std::size_t r = 0; r < active.size(); ++r)
      if (active[r] && !warming.active()[r])
        journal.warning("replica " + std::to_string(r) + ": not a finite number in warm-up step " + std::to_string(s) +
                        "; it keeps the weights before it and is warmed up no further");
    journal.event("warmed", {{"step", s}, {"steps", options.steps}, {"loss", loss}, {"vaa_star", warming.vaa_star()}});
    journal.progress("warm-up", s + 1, options.steps, median(warming.vaa_star()), "VAA*");
  }
  prepared.after = measurement.now("initialized");
  return prepared;
}

template Prepared warm_up(Model<float>&, const Sequences&, std::span<const std::uint64_t>, const WarmUpOptions&,
                          Journal&);
template Prepared warm_up(Model<double>&, const Sequences&, std::span<const std::uint64_t>, const WarmUpOptions&,
                          Journal&);

}  // namespace hysteron
