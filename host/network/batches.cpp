#include <algorithm>
#include <type_traits>

#include <hysteron/batches.hpp>

namespace hysteron {
namespace {

template <class Real>
Tensor<Real> uploaded(Backend& backend, const std::vector<float>& values, const std::vector<double>& exact) {
  Tensor<Real> tensor(backend, {static_cast<std::ptrdiff_t>(values.size())});
  if constexpr (std::is_same_v<Real, float>) {
    tensor.from_host(values);
  } else if (!exact.empty()) {
    tensor.from_host(exact);
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
      all_inputs_(uploaded<Real>(backend, sequences.inputs, sequences.exact_inputs)),
      all_targets_(uploaded<Real>(backend, sequences.targets, sequences.exact_targets)),
      inputs_(backend, {replicas, std::ptrdiff_t(sequences.total_steps()) * largest, sequences.features}),
      indices_(backend, {replicas, largest}),
      lengths_(backend, {replicas, largest}),
      labels_(backend, {replicas, std::ptrdiff_t(std::max(1, sequences.label_steps())) * largest}) {
  const auto upload = [&](const std::vector<int>& values, Tensor<int>& to) {
    if (values.empty()) return;
    to = Tensor<int>(backend, {static_cast<std::ptrdiff_t>(values.size())});
    to.from_host(values);
  };
  if (!sequences.stored.empty()) stored_ = Tensor<int>(backend, {replicas, largest});
  upload(sequences.stored, all_stored_);
  upload(sequences.lengths, all_lengths_);
  upload(sequences.labels, all_labels_);
  if (!sequences.targets.empty())
    targets_ = Tensor<Real>(backend, {replicas, std::ptrdiff_t(sequences.target_steps) * largest, sequences.outputs});
}

template <class Real>
typename Batches<Real>::Choice Batches<Real>::put(std::span<const int> indices) {
  const int batch = static_cast<int>(indices.size()) / replicas_;
  backend_->copy_in(indices_.data(), indices.data(), indices.size_bytes());
  return {indices_.data(), batch, batch};
}

template <class Real>
Batch<Real> Batches<Real>::gather(std::span<const int> indices) {
  const Choice choice = put(indices);
  return gather(choice, chosen(all_lengths_, choice, lengths_));
}

template <class Real>
Batch<Real> Batches<Real>::gather(std::span<const int> indices, std::span<const int> lengths) {
  backend_->copy_in(lengths_.data(), lengths.data(), lengths.size_bytes());
  return gather(put(indices), lengths.empty() ? nullptr : lengths_.data());
}

template <class Real>
Batch<Real> Batches<Real>::gather(const int* indices, std::ptrdiff_t replica, int batch) {
  const Choice choice{indices, replica, batch};
  return gather(choice, chosen(all_lengths_, choice, lengths_));
}

// Null where the sequences have no such values.
template <class Real>
const int* Batches<Real>::chosen(const Tensor<int>& all, const Choice& choice, Tensor<int>& to, int steps) {
  if (!all) return nullptr;
  operations_->gather(GatherRun<int>{.sequences = all.data(),
                                     .stored_steps = steps,
                                     .features = 1,
                                     .indices = choice.indices,
                                     .indices_replica = choice.replica,
                                     .batch = choice.batch,
                                     .steps = steps,
                                     .gathered = to.view(replicas_, std::ptrdiff_t(steps) * choice.batch, 1)});
  return to.data();
}

template <class Real>
Batch<Real> Batches<Real>::gather(const Choice& choice, const int* lengths) {
  const int steps = sequences_->total_steps();
  const auto gathered = [&](const Choice& from, const Tensor<Real>& all, int stored_steps, int shown_steps,
                            std::ptrdiff_t features, Tensor<Real>& to) {
    const View<Real> view = to.view(replicas_, std::ptrdiff_t(shown_steps) * choice.batch, features);
    operations_->gather(GatherRun<Real>{.sequences = all.data(),
                                        .stored_steps = stored_steps,
                                        .features = features,
                                        .indices = from.indices,
                                        .indices_replica = from.replica,
                                        .batch = from.batch,
                                        .steps = shown_steps,
                                        .gathered = view});
    return view;
  };
  Batch<Real> result;
  result.extent = {steps, choice.batch};
  const int* const stored = chosen(all_stored_, choice, stored_);
  const Choice of_inputs = stored ? Choice{stored, choice.batch, choice.batch} : choice;
  result.inputs = gathered(of_inputs, all_inputs_, sequences_->steps, steps, sequences_->features, inputs_);
  result.lengths = lengths;
  if (targets_)
    result.targets = gathered(choice, all_targets_, sequences_->target_steps, sequences_->target_steps,
                              sequences_->outputs, targets_);
  if (all_labels_) result.label_steps = sequences_->label_steps();
  result.labels = chosen(all_labels_, choice, labels_, result.label_steps);
  return result;
}

template class Batches<float>;
template class Batches<double>;

}  // namespace hysteron
