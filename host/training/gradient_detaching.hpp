#pragma once
#include <cstdint>
#include <span>

#include <hysteron/unrolled.hpp>

namespace hysteron {

/// With a probability, at each step of each layer, gradients flow back through a cell's linear memory alone
/// (Detachment, LinearMemory): not through W_mh of a linear memory network, whose W_mm m remains (Carta, Sperduti &
/// Bacciu 2020, arXiv 2011.02886), nor through an LSTM's h, whose c remains (h-detach: Arpit et al. 2019, arXiv
/// 1810.03023). All sequences of a batch share a step's coin; every replica and layer tosses its own.
template <class Real>
class GradientDetaching {
 public:
  /// Throws a usage error for a cell without a linear memory.
  GradientDetaching(const ModelShape& shape, double probability);

  /// Between Unrolled::clear_gradients and backward. What is drawn depends on a replica's seed and on `update` alone.
  void draw(Unrolled<Real>& unrolled, std::span<const std::uint64_t> seeds, std::int64_t update) const;

 private:
  int lanes_, layers_, parts_;
  double probability_;
};

extern template class GradientDetaching<float>;
extern template class GradientDetaching<double>;

}  // namespace hysteron
