#pragma once
#include <vector>

#include <hysteron/compat.hpp>
#include <hysteron/model.hpp>
#include <hysteron/operations.hpp>
#include <hysteron/sequences.hpp>

namespace hysteron {

/// How means over a set are taken. fixed: over everything that counts. authors: as in the code of Lambrechts et al.
/// 2023, for the losses and accuracies of validation and test: the sum of the means of ceil(N / batch) batches, divided
/// by floor(N / batch). A smaller last batch counts as a whole one and is not counted in the quotient, so that values
/// are too large by about ceil / floor, and an accuracy can be above 1.
struct Averaging {
  Compat compat = Compat::fixed;
  int batch = 32;  ///< the batch of training; used by authors only

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
