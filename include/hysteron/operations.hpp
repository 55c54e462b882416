#pragma once
#include <cstddef>
#include <cstdint>

#include <hysteron/cell_info.hpp>
#include <hysteron/tensor.hpp>
#include <hysteron/trajectory.hpp>

namespace hysteron {

// What a backend computes, at the level of the algorithms. Every pointer below points into that backend's memory.
// Results do not depend on the number of replicas beside a replica, nor on the number of threads: sums have a fixed
// order.

enum class Transposed { no, yes };
enum class Result { replaced, added };  ///< whether the result's previous values are lost or added to

/// A record at every replica, step and sequence, lanes side by side ([lane][unit]): Field, without its type. A stride
/// of zero repeats (field.hpp). first null: absent.
template <class Real>
struct Lanes {
  Real* first = nullptr;
  std::ptrdiff_t replica = 0, step = 0, sequence = 0;
};

/// Forward over time: Trajectory (trajectory.hpp), for a cell known at run time; how the products are made is up to the
/// backend.
template <class Real>
struct LayerRun {
  const CellInfo* cell = nullptr;
  Shape shape{};                 ///< replicas, steps, batch, units
  const int* lengths = nullptr;  ///< [replicas, batch], 0 .. steps; null: all have `steps`
  const Real* weight = nullptr;  ///< [Recurrent then Deep lanes, units out, units in] of replica 0
  std::ptrdiff_t weight_replica = 0;
  Lanes<const Real> unit;     ///< [replicas]
  Lanes<const Real> input;    ///< [replicas, steps, batch], or step stride 0: constant ([replicas(, batch)])
  Lanes<Real> states;         ///< [replicas, steps + 1, batch], the first of them given; step stride 0: only the last
                              ///< is kept, in place of the first
  Lanes<Real> intermediates;  ///< [replicas, steps, batch], or step stride 0: not kept
  Lanes<Real> saved;          ///< likewise
};

/// Backward over time: TrajectoryGradient.
template <class Real>
struct LayerGradient {
  Lanes<const Real> entering;  ///< [replicas, steps, batch] on the state after each step; absent: there are none
  Lanes<Real> state;           ///< [replicas, batch]: the last state's on entry, the initial state's on return
  Lanes<Real> totals;          ///< [replicas, steps + 1, batch]: dloss/dstate, if wanted; else absent
  Lanes<Real> input;           ///< [replicas, steps, batch]; constant input: sums over the steps [replicas, batch]
  Lanes<Real> unit;            ///< sums over the steps [replicas, batch]
  Lanes<Real> recurrent;       ///< [replicas, steps, batch]: gradients of the recurrent products. Where both are equal
                               ///< (elman, lstm) it may be the memory of `input`
  Lanes<Real> deep;            ///< likewise
};

/// mse: over steps and outputs. cross_entropy: -log softmax at the label, over steps. binary_cross_entropy: -log of the
/// probability of all targets of a step under independent outputs, each 1 with probability logistic(value) (a sum over
/// the outputs), over steps.
enum class LossKind { mse, cross_entropy, binary_cross_entropy };

/// A label that does not count, as torch.nn.CrossEntropyLoss ignores it.
inline constexpr int ignored_label = -100;

/// The mean loss over all steps that count. Steps past a sequence's length do not count, nor do those with an ignored
/// label.
///
/// Accuracy: for cross_entropy the share of right answers; for binary_cross_entropy TP / (TP + FP + FN) over all
/// outputs that count, where an output above 0 is a 1, and so is a target above 1/2: the frame-level accuracy of Bay,
/// Ehmann, Downie, "Evaluation of multiple-F0 estimation and tracking systems" (ISMIR 2009).
template <class Real>
struct LossRun {
  LossKind kind = LossKind::mse;
  int steps = 1, batch = 0;      ///< rows of outputs and targets are step * batch + sequence
  int first_step = 0;            ///< the step in the sequence of row 0, to compare with lengths
  View<const Real> outputs;      ///< [replicas, steps * batch, outputs]
  View<const Real> targets;      ///< mse, binary_cross_entropy: the same shape
  const int* labels = nullptr;   ///< cross_entropy: [replicas, label_steps * batch]; 0 .. outputs - 1, or ignored_label
  int label_steps = 1;           ///< `steps`, or 1: the same label at every step
  const int* lengths = nullptr;  ///< [replicas, batch] or null
  View<Real> gradient;           ///< on the outputs; absent: not wanted
  double* loss = nullptr;        ///< [replicas]
  double* accuracy = nullptr;    ///< [replicas], for the cross-entropies, 0 where nothing counts; may be null
  double* answers = nullptr;     ///< [replicas]: the denominator of accuracy (steps, or TP + FP + FN); may be null
};

/// The differentiable VAA* of states (multistability.hpp) and the gradient of scale * (VAA* - target)^2.
template <class Real>
struct VariabilityRun {
  View<const Real> states;  ///< [replicas, sequences, width]
  double epsilon = 1e-4;
  double target = 0.95, scale = 1;
  double* value = nullptr;  ///< [replicas]: VAA*
  View<Real> gradient;      ///< [replicas, sequences, width]; absent: not wanted
};

/// One step of Adam (Kingma & Ba 2015) as torch.optim.Adam: weight decay is added to the gradient; before that, the
/// gradient's norm is cut to `clip`, replica by replica. A replica that is not active, or whose gradient's norm is not
/// finite, stays as it is; where losses are given, so does one whose loss is not finite.
template <class Real>
struct AdamRun {
  View<Real> values, gradient, first_moment, second_moment;  ///< [replicas, 1, n]
  const double* learning_rate = nullptr;                     ///< [replicas]
  const int* step = nullptr;                                 ///< [replicas], from 1
  const unsigned char* active = nullptr;                     ///< [replicas]; null: all are
  const double* loss = nullptr;                              ///< [replicas] or null
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weight_decay = 0;
  double clip = 0;         ///< 0: no clipping
  double* norm = nullptr;  ///< [replicas]: the gradient's, before clipping
};

/// Each replica's own batch, gathered from sequences stored once: of Real, or of int for labels and lengths (which have
/// one feature). Steps past the stored ones are zeros.
template <class Value>
struct GatherRun {
  const Value* sequences = nullptr;  ///< [count, stored_steps, features]
  int stored_steps = 0;
  std::ptrdiff_t features = 0;
  const int* indices = nullptr;        ///< [replicas, batch]
  std::ptrdiff_t indices_replica = 0;  ///< the stride from one replica's to the next; 0: all take the same
  int batch = 0, steps = 0;
  View<Value> gathered;  ///< [replicas, steps * batch, features], row step * batch + sequence
};

/// Each replica's own order of 0 .. count - 1: sorted by the keys of shuffle_key (shuffle.hpp), and by number where
/// keys are equal. The same on every backend.
struct ShuffleRun {
  const std::uint64_t* seeds = nullptr;  ///< [replicas]
  int replicas = 0, count = 0;
  std::uint64_t epoch = 0;
  int* orders = nullptr;  ///< [replicas, count]
};

template <class Real>
class Operations {
 public:
  virtual ~Operations() = default;

  /// c = op(a) op(b), one product for each replica; with Result::added, c += op(a) op(b).
  virtual void product(View<const Real> a, Transposed ta, View<const Real> b, Transposed tb, View<Real> c,
                       Result result) = 0;
  /// y = x weight^T + bias, the bias [1, outputs] of each replica added to every row.
  virtual void affine(View<const Real> x, View<const Real> weight, View<const Real> bias, View<Real> y) {
    repeat_row(bias, y);
    product(x, Transposed::no, weight, Transposed::yes, y, Result::added);
  }
  /// Every row of `to` becomes the one row of `from`.
  virtual void repeat_row(View<const Real> from, View<Real> to) = 0;
  /// The one row of `sums` becomes, or gains, the sum of the rows.
  virtual void sum_rows(View<const Real> rows, View<Real> sums, Result result) = 0;
  virtual void copy(View<const Real> from, View<Real> to) = 0;
  virtual void clear(View<Real> values) = 0;

  virtual void forward(const LayerRun<Real>& run) = 0;
  /// After forward with everything kept; may be called again.
  virtual void backward(const LayerRun<Real>& run, const LayerGradient<Real>& gradient) = 0;

  virtual void loss(const LossRun<Real>& run) = 0;
  virtual void variability(const VariabilityRun<Real>& run) = 0;
  /// VAA: the number of distinct attractors over the number of sequences [replicas], multistability.hpp.
  virtual void attractors(View<const Real> states, double epsilon, double* vaa) = 0;
  virtual void adam(const AdamRun<Real>& run) = 0;
  virtual void gather(const GatherRun<Real>& run) = 0;
  virtual void gather(const GatherRun<int>& run) = 0;
  virtual void shuffle(const ShuffleRun& run) = 0;
};

}  // namespace hysteron
