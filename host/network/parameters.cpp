#include <hysteron/parameters.hpp>

namespace hysteron {

template <class Real>
Parameters<Real>::Parameters(Backend& backend, int replicas, std::vector<ParameterSlice> slices)
    : replicas_(replicas), slices_(std::move(slices)) {
  for (ParameterSlice& slice : slices_) {
    slice.offset = size_;
    size_ += slice.size();
  }
  values_ = Tensor<Real>(backend, {replicas, size_});
  gradients_ = Tensor<Real>(backend, {replicas, size_});
}

template <class Real>
const ParameterSlice& Parameters<Real>::slice(Role role, int layer, int part) const {
  for (const ParameterSlice& slice : slices_)
    if (slice.role == role && slice.layer == layer && slice.part == part) return slice;
  throw defect({.what = "no parameter of role " + std::to_string(static_cast<int>(role)) + " in layer " +
                        std::to_string(layer) + ", part " + std::to_string(part)});
}

template <class Real>
const ParameterSlice& Parameters<Real>::slice(std::string_view name) const {
  for (const ParameterSlice& slice : slices_)
    if (slice.name == name) return slice;
  throw defect({.what = "no parameter is called \"" + std::string(name) + "\""});
}

template class Parameters<float>;
template class Parameters<double>;

}  // namespace hysteron
