#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include <hysteron/backend.hpp>
#include <hysteron/recurrence.hpp>
#include <hysteron/sequences.hpp>

namespace hysteron {

/// A batch in the backend's memory; rows are step * batch + sequence.
template <class Real>
struct Batch {
  Extent extent = {};
  View<const Real> inputs = {};   ///< [replicas, steps * batch, features]
  const int* lengths = nullptr;   ///< [replicas, batch]; null: all have every step
  View<const Real> targets = {};  ///< [replicas, target steps * batch, outputs], of regression
  const int* labels = nullptr;    ///< [replicas, batch], of classification
};

/// Sequences laid once into a backend's memory, from which each replica draws batches of its own choice.
template <class Real>
class Batches {
 public:
  /// Takes the memory for batches of up to `largest` sequences. sequences must outlive this.
  Batches(Backend& backend, const Sequences& sequences, int replicas, int largest);

  /// indices: [replicas, batch] into the sequences. Valid until the next call.
  Batch<Real> gather(std::span<const int> indices);
  /// The same with lengths [replicas, batch] of the caller's, 1 .. total steps.
  Batch<Real> gather(std::span<const int> indices, std::span<const int> lengths);
  /// The same with indices that lie in the backend's memory, `replica` from one replica's to the next.
  Batch<Real> gather(const int* indices, std::ptrdiff_t replica, int batch);

  const Sequences& sequences() const { return *sequences_; }

 private:
  /// What was chosen, where it lies in the backend's memory.
  struct Choice {
    const int* indices;
    std::ptrdiff_t replica;
    int batch;
  };
  Choice put(std::span<const int> indices);
  Batch<Real> gather(const Choice& choice, const int* lengths);
  const int* chosen(const Tensor<int>& all, const Choice& choice, Tensor<int>& to);

  Backend* backend_;
  Operations<Real>* operations_;
  const Sequences* sequences_;
  int replicas_;
  Tensor<Real> all_inputs_, all_targets_;   // [count, steps, features], [count, target steps, outputs]
  Tensor<int> all_lengths_, all_labels_;    // [count]
  Tensor<int> all_stored_, stored_;         // [count], [replicas, batch]: of sequences that are stored once
  Tensor<Real> inputs_, targets_;           // [replicas, steps * batch, features], …
  Tensor<int> indices_, lengths_, labels_;  // [replicas, batch]
};

extern template class Batches<float>;
extern template class Batches<double>;

}  // namespace hysteron
