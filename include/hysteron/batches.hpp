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
  const int* lengths = nullptr;   ///< [replicas, batch]; null: every sequence has all steps
  View<const Real> targets = {};  ///< [replicas, target steps * batch, outputs]; regression
  const int* labels = nullptr;    ///< [replicas, label_steps * batch]; classification
  int label_steps = 1;            ///< 1: the same label at every step
};

/// Sequences copied once into a backend's memory, from which each replica draws its own batches.
template <class Real>
class Batches {
 public:
  /// Allocates memory for batches of up to `largest` sequences. sequences must outlive this.
  Batches(Backend& backend, const Sequences& sequences, int replicas, int largest);

  /// indices: [replicas, batch] into the sequences. Valid until the next call.
  Batch<Real> gather(std::span<const int> indices);
  /// The same, with the caller's lengths [replicas, batch], 1 .. total steps.
  Batch<Real> gather(std::span<const int> indices, std::span<const int> lengths);
  /// The same, with indices in the backend's memory; `replica` is the stride from one replica's to the next.
  Batch<Real> gather(const int* indices, std::ptrdiff_t replica, int batch);

  const Sequences& sequences() const { return *sequences_; }

 private:
  /// The chosen indices, in the backend's memory.
  struct Choice {
    const int* indices;
    std::ptrdiff_t replica;
    int batch;
  };
  Choice put(std::span<const int> indices);
  Batch<Real> gather(const Choice& choice, const int* lengths);
  const int* chosen(const Tensor<int>& all, const Choice& choice, Tensor<int>& to, int steps = 1);

  Backend* backend_;
  Operations<Real>* operations_;
  const Sequences* sequences_;
  int replicas_;
  Tensor<Real> all_inputs_, all_targets_;   // [count, steps, features], [count, target steps, outputs]
  Tensor<int> all_lengths_, all_labels_;    // [count], [count, label steps]
  Tensor<int> all_stored_, stored_;         // [count], [replicas, batch]: where sequences are stored once
  Tensor<Real> inputs_, targets_;           // [replicas, steps * batch, features], …
  Tensor<int> indices_, lengths_, labels_;  // [replicas, batch], the last [replicas, label steps * batch]
};

extern template class Batches<float>;
extern template class Batches<double>;

}  // namespace hysteron
