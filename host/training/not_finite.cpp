#include "training/not_finite.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace hysteron {
namespace {

// The first row of [rows, columns] that holds a number that is not finite; -1 if there is none.
template <class Real>
std::ptrdiff_t first_row_not_finite(Backend& backend, View<Real> matrix, int replica) {
  std::vector<Real> row(matrix.columns);
  for (std::ptrdiff_t i = 0; i < matrix.rows; ++i) {
    backend.copy_out(row.data(), matrix.at(replica, i), row.size() * sizeof(Real));
    if (!std::all_of(row.begin(), row.end(), [](Real value) { return std::isfinite(value); })) return i;
  }
  return -1;
}

}  // namespace

template <class Real>
std::string where_not_finite(Model<Real>& model, Unrolled<Real>& unrolled, int replica) {
  for (const auto [layer, part] : model.every_part()) {
    const std::ptrdiff_t row = first_row_not_finite(model.backend(), unrolled.at(layer, part).states(), replica);
    if (row >= 0)
      return "the states of layer " + std::to_string(layer) + " at step " +
             std::to_string(row / unrolled.extent().batch);
  }
  if (first_row_not_finite(model.backend(), unrolled.outputs(), replica) >= 0) return "the read-out's outputs";
  Parameters<Real>& parameters = model.parameters();
  for (const ParameterSlice& slice : parameters.slices())
    if (first_row_not_finite(model.backend(), parameters.gradients(slice), replica) >= 0)
      return "the gradient of " + slice.name;
  return "the loss";
}

template std::string where_not_finite(Model<float>&, Unrolled<float>&, int);
template std::string where_not_finite(Model<double>&, Unrolled<double>&, int);

}  // namespace hysteron
