#pragma once
#include <cstdint>

#include <hysteron/prepare.hpp>

namespace hysteron {

/// What tells one network of a population apart when it is fitted.
struct FittedReplica {
  int components = 0, window = 0;  ///< as in AutoencoderOptions
  int owner = 0;                   ///< whose sequences, where each replica has its own
  std::uint64_t seed = 1;          ///< of the sample, and of what is left to chance
};

/// Whether anything in a network came from random numbers, that is from its seed.
enum class Chance { none, drawn };

/// start_from_sequences of one network (a model of one replica).
template <class Real>
Chance fit_network(Model<Real>& model, const Sequences& sequences, const FittedReplica& replica,
                   const AutoencoderOptions& options, Journal& journal);

}  // namespace hysteron
