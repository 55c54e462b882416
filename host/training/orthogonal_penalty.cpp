#include "training/orthogonal_penalty.hpp"

#include <functional>
#include <string>

namespace hysteron {
namespace {

/// factor I, `copies` times.
template <class Real>
Tensor<Real> diagonal(Backend& backend, int copies, std::ptrdiff_t units, double factor) {
  Tensor<Real> tensor(backend, {copies, units, units});
  std::vector<Real> values(tensor.size());
  for (std::ptrdiff_t i = 0; i < copies * units; ++i) values[i * units + i % units] = static_cast<Real>(factor);
  tensor.from_host(values);
  return tensor;
}

}  // namespace

template <class Real>
OrthogonalPenalty<Real>::OrthogonalPenalty(Model<Real>& model, double weight)
    : model_(&model), operations_(&operations_of<Real>(model.backend())), weight_(weight) {
  const CellInfo& cell = *model.shape().cell;
  if (!cell.has_memory_matrix()) {
    const std::string name(cell.name);
    throw usage_error(
        {.what = "the orthogonal penalty is on the memory's own matrix, and the cell " + name + " has none",
         .expected = "--cell " + cell_list(std::mem_fn(&CellInfo::has_memory_matrix)),
         .found = "--cell " + name,
         .hint = "leave train.orthogonal_penalty at 0"});
  }
  const std::ptrdiff_t units = model.part_units();
  minus_identity_ = diagonal<Real>(model.backend(), model.replicas(), units, -1);
  scaling_ = diagonal<Real>(model.backend(), 1, units, 4 * weight);
  excess_ = Tensor<Real>(model.backend(), {model.replicas(), units, units});
  scaled_ = Tensor<Real>(model.backend(), {model.replicas(), units, units});
}

template <class Real>
View<Real> OrthogonalPenalty<Real>::memory(const CellWeights<Real>& weights) const {
  const std::ptrdiff_t units = model_->part_units();
  return weights.recurrent.rows_from(model_->shape().cell->linear_memory->matrix * units, units);
}

template <class Real>
View<Real> OrthogonalPenalty<Real>::excess(int layer, int part) {
  const std::ptrdiff_t units = model_->part_units();
  const View<Real> matrix = memory(model_->weights(layer, part));
  excess_.copy_from(minus_identity_);
  const View<Real> result = excess_.view(model_->replicas(), units, units);
  operations_->product(matrix, Transposed::yes, matrix, Transposed::no, result, Result::added);
  return result;
}

template <class Real>
void OrthogonalPenalty<Real>::add_gradient() {
  const std::ptrdiff_t units = model_->part_units();
  View<Real> scaling = scaling_.view(model_->replicas(), units, units);
  scaling.replica = 0;  // one matrix for all replicas
  const View<Real> scaled = scaled_.view(model_->replicas(), units, units);
  for (const auto [layer, part] : model_->every_part()) {
    operations_->product(memory(model_->weights(layer, part)), Transposed::no, scaling, Transposed::no, scaled,
                         Result::replaced);
    operations_->product(scaled, Transposed::no, excess(layer, part), Transposed::no,
                         memory(model_->gradients(layer, part)), Result::added);
  }
}

template <class Real>
std::vector<double> OrthogonalPenalty<Real>::value() {
  std::vector<double> sums(model_->replicas());
  for (const auto [layer, part] : model_->every_part()) {
    excess(layer, part);
    const std::vector<Real> values = excess_.to_host();
    const std::size_t size = values.size() / sums.size();
    for (std::size_t i = 0; i < values.size(); ++i)
      sums[i / size] += weight_ * static_cast<double>(values[i]) * static_cast<double>(values[i]);
  }
  return sums;
}

template class OrthogonalPenalty<float>;
template class OrthogonalPenalty<double>;

}  // namespace hysteron
