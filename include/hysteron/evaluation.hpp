#pragma once
#include <vector>

#include <hysteron/compat.hpp>
#include <hysteron/model.hpp>
#include <hysteron/operations.hpp>
#include <hysteron/sequences.hpp>

namespace hysteron {

/// How means over a set are made. fixed: over everything that counts. authors, as the code of Lambrechts et al. 2023
/// has it for losses and accuracies, of validation and of test: the sum of the means of ceil(N / batch) batches, over
/// floor(N / batch). A smaller last batch counts as a whole one and is not counted in the quotient, so that values are
/// too large by about ceil / floor, and an accuracy can be above 1.
struct Averaging {
  Compat compat = Compat::fixed;
  int batch = 32;  ///< that of training; authors alone

  /// floor(N / batch). Throws a usage error where that is 0.
  int whole_batches(const Sequences& sequences) const;
};

/// Means, one entry a replica. accuracy is empty for regression.
struct Evaluation {
  std::vector<double> loss = {}, accuracy = {};
};

template <class Real>
Evaluation evaluate(Model<Real>& model, const Sequences& sequences, LossKind loss, int read_steps,
                    Averaging averaging = {});

}  // namespace hysteron
