#pragma once
#include <span>
#include <vector>

#include <hysteron/parameters.hpp>

namespace hysteron {

struct AdamOptions {
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weight_decay = 0;
  double clip = 0;  ///< the largest norm of a replica's gradient; 0: no clipping
};

/// Adam (Kingma & Ba 2015) over a population, as torch.optim.Adam; each replica has its own learning rate.
template <class Real>
class Adam {
 public:
  Adam(Backend& backend, Parameters<Real>& parameters, std::vector<double> learning_rates, AdamOptions options);

  /// Steps every active replica whose gradient's norm is finite and, where losses are given, whose loss is finite;
  /// returns each replica's norm before clipping. losses: [replicas], in the backend's memory. The result is valid
  /// until the next call.
  const std::vector<double>& step(std::span<const unsigned char> active, const double* losses = nullptr);

  /// The state that a checkpoint keeps: the steps taken, and the moments [replicas, size].
  int steps() const { return steps_; }
  void set_steps(int steps) { steps_ = steps; }
  Tensor<Real>& first_moment() { return first_; }
  Tensor<Real>& second_moment() { return second_; }

 private:
  Operations<Real>* operations_;
  Parameters<Real>* parameters_;
  AdamOptions options_;
  int steps_ = 0;
  Tensor<Real> first_, second_;   // [replicas, size]
  Tensor<double> rates_, norms_;  // [replicas]
  Tensor<int> step_;
  Tensor<unsigned char> active_;
  std::vector<double> norm_;
};

extern template class Adam<float>;
extern template class Adam<double>;

}  // namespace hysteron
