#pragma once
#include <hysteron/cell.hpp>
#include <hysteron/field.hpp>

namespace hysteron {

struct Shape {
  int replicas, steps, batch, units;
};

template <Cell C>
inline constexpr int recurrent_lanes = lane_count<typename C::Recurrent, typename C::Real>;
template <Cell C>
inline constexpr int deep_lanes = lane_count<DeepOf<C>, typename C::Real>;

// What a layer reads and writes over time, as views. Past a sequence's length its state is held.
template <Cell C>
struct Trajectory {
  using Real = typename C::Real;
  Shape shape;
  const int* lengths;                            // [replicas, batch]; null: every sequence has `steps`
  const Real* weight;                            // [Recurrent then Deep lanes, units out, units in], of replica 0
  std::ptrdiff_t weight_replica;                 // the stride from one replica's to the next
  Field<typename C::Unit, const Real> unit;      // [replicas]
  Field<typename C::Input, const Real> input;    // [replicas, steps, batch], or [replicas]: constant input
  Field<typename C::State, Real> states;         // [replicas, steps + 1, batch]; the caller fills the first
  Field<IntermediateOf<C>, Real> intermediates;  // [replicas, steps, batch]
  Field<typename C::Saved, Real> saved;          // [replicas, steps, batch]
  Field<typename C::Recurrent, Real> recurrent;  // [replicas, batch]: products of the present step
  Field<DeepOf<C>, Real> deep;                   // [replicas, batch]

  HYSTERON_HD int length(int replica, int sequence) const {
    return lengths ? lengths[replica * shape.batch + sequence] : shape.steps;
  }
  HYSTERON_HD const Real* recurrent_weight(int replica) const { return weight + replica * weight_replica; }
  HYSTERON_HD const Real* deep_weight(int replica) const {
    return recurrent_weight(replica) + std::ptrdiff_t(recurrent_lanes<C>) * shape.units * shape.units;
  }
};

// Backward over time. Gradients enter at any state, the initial ones included. Those of the weights are computed
// afterwards, as products over the whole trajectory: recurrent with states, deep with intermediates.
template <Cell C>
struct TrajectoryGradient {
  using Real = typename C::Real;
  Field<typename C::State, const Real> entering;  // [replicas, steps, batch], on the state after each step; first
                                                  // null: they enter only at the last state
  Field<typename C::State, Real> state;           // [replicas, batch], carried back: the last state's at the start,
                                                  // the initial state's in the end
  Field<typename C::State, Real> totals;          // [replicas, steps + 1, batch], dloss/dstate; first null: not kept
  Field<typename C::Input, Real> input;           // [replicas, steps, batch], or sums: [replicas, batch], cleared
  Field<typename C::Unit, Real> unit;             // sums: [replicas, batch], cleared
  Field<typename C::Recurrent, Real> recurrent;   // [replicas, steps, batch]
  Field<DeepOf<C>, Real> deep;                    // [replicas, steps, batch]
  Field<ThroughOf<C>, Real> through;              // [replicas, batch]: the present step's, of the intermediate value
};

}  // namespace hysteron
