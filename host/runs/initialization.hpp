#pragma once
#include <cstdint>
#include <span>

#include <hysteron/initializer.hpp>
#include <hysteron/multistability.hpp>

namespace hysteron {

/// Multistability before the last initializer that improves a network, and after it; empty when it is not measured.
struct Initialized {
  Multistability before, after;
};

/// Whether the model's parameters are to be drawn, or are the user's own.
enum class Start { drawn, given };

/// Makes a model ready: the initializer, and those before it. Of a network that is given, one that improves a network
/// starts from what is there. Multistability is measured with init.measure_*.
template <class Real>
Initialized initialize_model(Model<Real>& model, const Initializer& initializer, Start parameters,
                             const Sequences& sequences, std::span<const std::uint64_t> seeds, const Settings& settings,
                             Journal& journal, const Question& question = {});

}  // namespace hysteron
