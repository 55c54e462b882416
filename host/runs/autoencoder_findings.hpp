#pragma once
#include <string>
#include <vector>

#include "runs/reproduction.hpp"

namespace hysteron {

/// Linear autoencoders of growing size, fitted to some sequences and tested on others.
struct AutoencoderStudy {
  std::string title;
  const Sequences& fitted;
  const Sequences& tested;
  std::vector<int> components;  ///< growing
  std::vector<int> pixels;      ///< for digits: which pixel each step shows; empty: in order
};

/// Adds tables (energy kept, norm of B, error by lag and by length of the sequence), charts of the spectrum and of the
/// error by lag, and, for digits, pictures of the first ones above what is decoded from their last state.
void add_autoencoders(Findings& findings, const AutoencoderStudy& study, Backend& backend);

}  // namespace hysteron
