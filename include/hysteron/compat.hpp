#pragma once
#include <hysteron/settings.hpp>

namespace hysteron {

/// Which of two a run follows where the code that the authors of a paper published differs from the paper:
///
/// - chrono (Lambrechts et al. 2023) adds an independent draw to both biases of a gate; fixed: one draw, to the first;
/// - validation and test (Lambrechts et al. 2023): see Averaging in trainer.hpp; fixed: the true mean.
enum class Compat { fixed, authors };

/// The setting `compat`, unless it is declared already.
void declare_compat(Settings& settings);
Compat compat_of(const Settings& settings);

}  // namespace hysteron
