#pragma once
#include <hysteron/initializer.hpp>

namespace hysteron {

/// Whether the model's parameters are to be drawn, or are the user's own.
enum class Start { drawn, given };

/// Makes a model ready: runs the initializer, and those before it. When the network is given, an initializer that
/// improves a network starts from the given parameters. Multistability is measured with init.measure_*, before and
/// after the last initializer that improves a network. Without an initializer (null) the given network is ready as it
/// is.
template <class Real>
Prepared initialize_model(const Initializer* initializer, Start start, const InitializerRun<Real>& run);

}  // namespace hysteron
