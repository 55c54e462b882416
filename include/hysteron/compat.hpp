#pragma once
#include <hysteron/settings.hpp>

namespace hysteron {

/// Which of the two a run follows where the code published by a paper's authors differs from the paper:
///
/// - chrono (Lambrechts et al. 2023) adds an independent draw to each of a gate's two biases; fixed: one draw, to the
///   first;
/// - validation and test (Lambrechts et al. 2023): see Averaging in trainer.hpp; fixed: the true mean.
enum class Compat { fixed, authors };

/// Declares the setting `compat`, unless it is declared already.
void declare_compat(Settings& settings);
Compat compat_of(const Settings& settings);

}  // namespace hysteron
