#pragma once
#include <hysteron/initializer.hpp>

namespace hysteron {

/// Whether the model's parameters are to be drawn, or are the user's own.
enum class Start { drawn, given };

/// Makes a model ready: the initializer, and those before it. Of a network that is given, one that improves a network
/// starts from what is there. Multistability is measured with init.measure_*, before the last initializer that improves
/// a network, and after it.
template <class Real>
Prepared initialize_model(const Initializer& initializer, Start start, const InitializerRun<Real>& run);

}  // namespace hysteron
