#include "network/sequence_pass.hpp"

#include <numeric>

namespace hysteron {
namespace {

template <class Real>
int batch_that_fits(const Model<Real>& model, const Sequences& sequences, const PassOptions<Real>& options) {
  const ModelShape& shape = model.shape();
  const std::ptrdiff_t step = shape.layers * shape.units * (shape.cell->input + shape.cell->state) + shape.inputs,
                       sequence = step * sequences.total_steps() * model.replicas() * std::ptrdiff_t(sizeof(Real)),
                       most = std::max(1, std::min(options.most, sequences.count));
  return static_cast<int>(std::clamp<std::ptrdiff_t>(options.budget / std::max<std::ptrdiff_t>(sequence, 1), 1, most));
}

}  // namespace

template <class Real>
SequencePass<Real>::SequencePass(Model<Real>& model, const Sequences& sequences, const PassOptions<Real>& options)
    : model_(&model),
      sequences_(&sequences),
      initial_(options.initial),
      largest_(batch_that_fits(model, sequences, options)),
      batches_(model.backend(), sequences, model.replicas(), largest_),
      unrolled_(model, {sequences.total_steps(), largest_}, options.read_steps, Keep::states) {
  if (!initial_.empty()) start_ = Tensor<Real>(model.backend(), {model.replicas(), largest_, unrolled_.states_width()});
}

template <class Real>
Batch<Real> SequencePass<Real>::gather(std::span<const int> chosen) {
  std::vector<int> indices;
  for (int replica = 0; replica < model_->replicas(); ++replica)
    indices.insert(indices.end(), chosen.begin(), chosen.end());
  return batches_.gather(indices);
}

template <class Real>
Batch<Real> SequencePass<Real>::forward(int first, int count) {
  std::vector<int> chosen(count);
  std::iota(chosen.begin(), chosen.end(), first);
  const Batch<Real> batch = gather(chosen);
  View<Real> start;
  if (start_) {
    const std::ptrdiff_t width = unrolled_.states_width();
    start = start_.view(model_->replicas(), count, width);
    for (int replica = 0; replica < model_->replicas(); ++replica)
      model_->backend().copy_in(start.at(replica, 0),
                                initial_.data() + (std::ptrdiff_t(replica) * sequences_->count + first) * width,
                                count * width * sizeof(Real));
  }
  unrolled_.forward(batch.inputs, batch.extent, batch.lengths, start);
  return batch;
}

template class SequencePass<float>;
template class SequencePass<double>;

}  // namespace hysteron
