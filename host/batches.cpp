#include <type_traits>

#include <hysteron/batches.hpp>

namespace hysteron {
namespace {

template <class Real>
Tensor<Real> uploaded(Backend& backend, const std::vector<float>& values) {
  Tensor<Real> tensor(backend, {static_cast<std::ptrdiff_t>(values.size())});
  if constexpr (std::is_same_v<Real, float>) {
    tensor.from_host(values);
  } else {
    tensor.from_host(std::vector<Real>(values.begin(), values.end()));
  }
  return tensor;
}

}  // namespace

template <class Real>
Batches<Real>::Batches(Backend& backend, const Sequences& sequences, int replicas, int largest)
    : backend_(&backend),
      operations_(&operations_of<Real>(backend)),
      sequences_(&sequences),
      replicas_(replicas),
      all_inputs_(uploaded<Real>(backend, sequences.inputs)),
      all_targets_(uploaded<Real>(backend, sequences.targets)),
      inputs_(backend, {replicas, std::ptrdiff_t(sequences.total_steps()) * largest, sequences.features}),
      indices_(backend, {replicas, largest}),
      lengths_(backend, {replicas, largest}),
      labels_(backend, {replicas, largest}) {
  if (!sequences.targets.empty())
    targets_ = Tensor<Real>(backend, {replicas, std::ptrdiff_t(sequences.target_steps) * largest, sequences.outputs});
}

template <class Real>
void Batches<Real>::put(Tensor<int>& to, std::span<const int> values) {
  backend_->copy_in(to.data(), values.data(), values.size_bytes());
}

template <class Real>
Batch<Real> Batches<Real>::gather(std::span<const int> indices) {
  const auto chosen_from = [&](const std::vector<int>& values) -> std::span<const int> {
    chosen_.clear();
    for (const int index : indices) chosen_.push_back(values[static_cast<std::size_t>(index)]);
    return chosen_;
  };
  return gather(indices, sequences_->lengths.empty() ? std::span<const int>() : chosen_from(sequences_->lengths));
}

template <class Real>
Batch<Real> Batches<Real>::gather(std::span<const int> indices, std::span<const int> lengths) {
  const int batch = static_cast<int>(indices.size()) / replicas_, steps = sequences_->total_steps();
  Batch<Real> result;
  result.extent = {steps, batch};
  if (!lengths.empty()) {
    put(lengths_, lengths);
    result.lengths = lengths_.data();
  }
  put(indices_, indices);
  const auto gathered = [&](const Tensor<Real>& all, int stored_steps, int shown_steps, std::ptrdiff_t features,
                            Tensor<Real>& to) {
    const View<Real> view = to.view(replicas_, std::ptrdiff_t(shown_steps) * batch, features);
    operations_->gather({.sequences = all.data(),
                         .stored_steps = stored_steps,
                         .features = features,
                         .indices = indices_.data(),
                         .batch = batch,
                         .steps = shown_steps,
                         .gathered = view});
    return view;
  };
  result.inputs = gathered(all_inputs_, sequences_->steps, steps, sequences_->features, inputs_);
  if (targets_)
    result.targets =
        gathered(all_targets_, sequences_->target_steps, sequences_->target_steps, sequences_->outputs, targets_);
  if (!sequences_->labels.empty()) {
    std::vector<int>& labels = chosen_;
    labels.clear();
    for (const int index : indices) labels.push_back(sequences_->labels[static_cast<std::size_t>(index)]);
    put(labels_, labels);
    result.labels = labels_.data();
  }
  return result;
}

template class Batches<float>;
template class Batches<double>;

}  // namespace hysteron
