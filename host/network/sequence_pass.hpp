#pragma once
#include <algorithm>
#include <span>
#include <type_traits>
#include <vector>

#include <hysteron/batches.hpp>
#include <hysteron/unrolled.hpp>

#include "foundation/long_work.hpp"

namespace hysteron {

template <class Real>
struct PassOptions {
  std::ptrdiff_t budget = std::ptrdiff_t{1} << 28;  ///< bytes for the inputs and states of a batch, over all replicas
  int most = 256;                                   ///< the most sequences in a batch, which has at least one
  int read_steps = 1;                               ///< as in Unrolled
  std::span<const Real> initial = {};               ///< [replicas, count, states width]; empty: zeros
};

/// One pass over a set of sequences, forward only, in batches that fit a memory budget; every replica reads the same
/// ones. How many run at once does not affect any row.
template <class Real>
class SequencePass {
 public:
  /// model and sequences must outlive this.
  SequencePass(Model<Real>& model, const Sequences& sequences, const PassOptions<Real>& options);

  /// The most sequences that run at once.
  int largest() const { return largest_; }
  Unrolled<Real>& unrolled() { return unrolled_; }

  /// Gathers these sequences, at most `largest` of them, for every replica.
  Batch<Real> gather(std::span<const int> chosen);

  /// Runs all sequences in their order. visit(first, batch): the sequences from `first` on have just run, and are
  /// unrolled.
  template <class Visit>
  void run(const Visit& visit) {
    LongWork work("running sequences", sequences_->count);
    for (int first = 0; first < sequences_->count; first += largest_) {
      visit(first, forward(first, std::min(largest_, sequences_->count - first)));
      work.at(std::min(first + largest_, sequences_->count));
    }
  }

 private:
  Batch<Real> forward(int first, int count);

  Model<Real>* model_;
  const Sequences* sequences_;
  std::span<const Real> initial_;
  int largest_;
  Batches<Real> batches_;
  Unrolled<Real> unrolled_;
  Tensor<Real> start_;  // [replicas, largest, states width]; none: zeros
};

/// Calls visit(replica, row, values of the row) for every row of a window on a backend's memory.
template <class Real, class Visit>
void for_each_row(Backend& backend, const View<Real>& rows, const Visit& visit) {
  if (rows.rows == 0) return;
  std::vector<std::remove_const_t<Real>> values((rows.rows - 1) * rows.row + rows.columns);
  for (int replica = 0; replica < rows.replicas; ++replica) {
    backend.copy_out(values.data(), rows.at(replica, 0), values.size() * sizeof(Real));
    for (std::ptrdiff_t row = 0; row < rows.rows; ++row)
      visit(replica, row,
            std::span<const Real>(values.data() + row * rows.row, static_cast<std::size_t>(rows.columns)));
  }
}

extern template class SequencePass<float>;
extern template class SequencePass<double>;

}  // namespace hysteron
