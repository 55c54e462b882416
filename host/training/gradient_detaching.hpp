#pragma once
#include <cstdint>
#include <span>

#include <hysteron/unrolled.hpp>

namespace hysteron {

/// At each step of each layer, with a given probability, gradients flow back only through a cell's linear memory
/// (Detachment, LinearMemory): not through W_mh of a linear memory network, but still through W_mm m (Carta, Sperduti &
/// Bacciu 2020, arXiv 2011.02886); not through an LSTM's h, but still through c (h-detach: Arpit et al. 2019, arXiv
/// 1810.03023). All sequences of a batch share the coin tossed for a step; each replica and layer tosses its own.
template <class Real>
class GradientDetaching {
 public:
  /// Throws a usage error for a cell without a linear memory.
  GradientDetaching(const ModelShape& shape, double probability);

  /// Call this between Unrolled::clear_gradients and backward. The draws depend only on a replica's seed and on
  /// `update`.
  void draw(Unrolled<Real>& unrolled, std::span<const std::uint64_t> seeds, std::int64_t update) const;

 private:
  int lanes_, layers_, parts_;
  double probability_;
};

extern template class GradientDetaching<float>;
extern template class GradientDetaching<double>;

}  // namespace hysteron
