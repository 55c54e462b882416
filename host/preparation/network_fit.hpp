#pragma once
#include <cstdint>

#include <hysteron/prepare.hpp>

namespace hysteron {

/// What distinguishes one network of a population from the others when it is fitted.
struct FittedReplica {
  int components = 0, window = 0;  ///< as in AutoencoderOptions
  int owner = 0;                   ///< whose sequences, if each replica has its own
  std::uint64_t seed = 1;          ///< for the sample, and for what is left to chance
};

/// Whether anything in a network came from random numbers, that is, from its seed.
enum class Chance { none, drawn };

/// start_from_sequences for one network (a model of one replica).
template <class Real>
Chance fit_network(Model<Real>& model, const Sequences& sequences, const FittedReplica& replica,
                   const AutoencoderOptions& options, Journal& journal);

}  // namespace hysteron
