#pragma once
#include <string>
#include <string_view>
#include <vector>

#include <hysteron/backend.hpp>

namespace hysteron {

/// The role of a parameter in its network.
enum class Role {
  weight_ih,  ///< [gates * units, inputs]
  weight_hh,  ///< [(recurrent + deep lanes) * units, units]
  bias_ih,    ///< [gates * units], or longer: see UnitPlace
  unit,       ///< the units' own parameters, where they form a separate parameter [lanes * units]
  readout_weight,
  readout_bias,
};

/// A parameter: its role, and its place in the flat block of each replica.
struct ParameterSlice {
  Role role;
  int layer = 0, part = 0;            ///< of the cell to which it belongs; 0 for the read-out's
  std::string name;                   ///< as in torch.nn: "rnn.weight_ih_l0"
  std::vector<std::ptrdiff_t> shape;  ///< one or two extents
  std::ptrdiff_t offset = 0;

  std::ptrdiff_t rows() const { return shape.size() == 2 ? shape[0] : 1; }
  std::ptrdiff_t columns() const { return shape.back(); }
  std::ptrdiff_t size() const { return rows() * columns(); }
};

/// The parameters of a population: one flat block a replica, and a block of gradients of the same shape.
template <class Real>
class Parameters {
 public:
  /// Lays the slices one after the other in the given order and sets their offsets.
  Parameters(Backend& backend, int replicas, std::vector<ParameterSlice> slices);

  int replicas() const { return replicas_; }
  std::ptrdiff_t size() const { return size_; }  ///< of one replica
  const std::vector<ParameterSlice>& slices() const { return slices_; }
  /// Both throw a defect for a parameter that does not exist.
  const ParameterSlice& slice(Role role, int layer = 0, int part = 0) const;
  const ParameterSlice& slice(std::string_view name) const;

  View<Real> values() { return values_.view(replicas_, 1, size_); }  ///< [replicas, 1, size]
  View<Real> gradients() { return gradients_.view(replicas_, 1, size_); }
  View<Real> values(const ParameterSlice& slice) { return window(values_, slice); }  ///< [replicas, rows, columns]
  View<Real> gradients(const ParameterSlice& slice) { return window(gradients_, slice); }

  Tensor<Real>& block() { return values_; }  ///< [replicas, size]
  Tensor<Real>& gradient_block() { return gradients_; }

 private:
  View<Real> window(Tensor<Real>& block, const ParameterSlice& slice) {
    return {block.data() + slice.offset, replicas_, slice.rows(), slice.columns(), size_, slice.columns()};
  }

  int replicas_;
  std::ptrdiff_t size_ = 0;
  std::vector<ParameterSlice> slices_;
  Tensor<Real> values_, gradients_;  // [replicas, size]
};

extern template class Parameters<float>;
extern template class Parameters<double>;

}  // namespace hysteron
