#pragma once
#include <vector>

#include <hysteron/model.hpp>

namespace hysteron {

/// weight |W_mm^T W_mm - I|^2 (Frobenius), summed over the layers, where W_mm is the matrix of LinearMemory. It keeps
/// what a linear memory network remembers from fading or growing (Carta, Sperduti & Bacciu 2020, arXiv 2011.02886). Its
/// gradient is 4 weight W_mm (W_mm^T W_mm - I).
template <class Real>
class OrthogonalPenalty {
 public:
  /// Throws a usage error for a cell without W_mm. The model must outlive this.
  OrthogonalPenalty(Model<Real>& model, double weight);

  /// Adds to the model's gradients.
  void add_gradient();
  /// The penalty of each replica.
  std::vector<double> value();

 private:
  View<Real> memory(const CellWeights<Real>& weights) const;
  View<Real> excess(int layer, int part);

  Model<Real>* model_;
  Operations<Real>* operations_;
  double weight_;
  Tensor<Real> minus_identity_;  // [replicas, units, units]
  Tensor<Real> excess_;          // likewise: W_mm^T W_mm - I
  Tensor<Real> scaling_;         // [units, units]: 4 weight I
  Tensor<Real> scaled_;          // [replicas, units, units]: 4 weight W_mm
};

extern template class OrthogonalPenalty<float>;
extern template class OrthogonalPenalty<double>;

}  // namespace hysteron
