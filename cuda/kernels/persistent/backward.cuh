#pragma once
#include <hysteron/trajectory.hpp>

#include "exchange.cuh"

namespace hysteron::cuda {

// A whole backward run in one launch, the mirror image of forward.cuh: the same matrices stay in the same registers,
// used the other way round. What a step contributes to the gradients of the products stays in its block; what travels
// is the gradient of the state (and before it, in a deep transition, that of the intermediate value), summed over all
// rows.

template <Cell C>
struct PersistentBackward {
  Trajectory<C> run;
  TrajectoryGradient<C> gradient;
  const int* order;  // [replicas, batch]: which sequence has which slot; null: each has its own
};

/// Saved values, the state before the step, intermediates, and the entering gradient.
template <Cell C>
struct StepLanes {
  template <class Record>
  static constexpr int lanes = lane_count<Record, float>;
  static constexpr int state = lanes<typename C::Saved>, intermediate = state + lanes<typename C::State>,
                       entering = intermediate + lanes<IntermediateOf<C>>, count = entering + lanes<typename C::State>;
};
template <Cell C, class P>
using StepRing = Ring<P, StepLanes<C>::count, backward_ahead>;

/// For a tile, [sequence][lane][unit]: the gradients of its rows.
template <Cell C, class P>
inline constexpr int gradient_row_values = P::sequences* tile_units*(recurrent_lanes<C> > deep_lanes<C>
                                                                         ? recurrent_lanes<C>
                                                                         : deep_lanes<C>);

/// For a block: the sums over the steps, which are the gradient of a constant input.
template <Cell C, class P>
inline constexpr int input_sum_values = P::passes* lane_count<typename C::Input, float>* P::block_owners;

template <Cell C, class P, class Bug>
__device__ __forceinline__ void run_backward(const PersistentBackward<C>& arguments) {
  using Ring = StepRing<C, P>;
  using Lanes = StepLanes<C>;
  const Trajectory<C>& run = arguments.run;
  const TrajectoryGradient<C>& gradient = arguments.gradient;
  const int steps = run.shape.steps;
  const bool sums_inputs = !gradient.input.moves();

  const Position<P> at(run.shape);
  const OwnSequences<P> own(run, arguments.order, at);
  const int longest = own.longest + (Bug::has(PlantedBug::length_off_by_one) && own.longest < steps ? 1 : 0);
  const Column states(run.states, at.replica, at.unit);
  const Column intermediates(run.intermediates, at.replica, at.unit);
  const Column saved(run.saved, at.replica, at.unit);
  const Column entering(gradient.entering, at.replica, at.unit);
  const Column totals(gradient.totals, at.replica, at.unit);
  const Column state_gradient(gradient.state, at.replica, at.unit);
  const Column input_gradient(gradient.input, at.replica, at.unit);
  const Column unit_gradient(gradient.unit, at.replica, at.unit);
  const Column recurrent_gradient(gradient.recurrent, at.replica, at.unit);
  const Column deep_gradient(gradient.deep, at.replica, at.unit);
  const auto live = [&](int pass, int step) {
    return step < own.length[pass] + (Bug::has(PlantedBug::length_off_by_one) && own.length[pass] >= 0 ? 1 : 0);
  };

  SharedCarver shared;
  GradientExchange<P, Bug> exchanges(shared, at);
  exchanges.announce();
  constexpr int row_values = gradient_row_values<C, P>;
  float* const tile_rows = shared.take<float>(P::tiles * row_values) + at.tile * row_values;
  const Ring ring(shared.take<float>(backward_ahead * Ring::slot_values), at);
  float* const input_sums = sums_inputs ? shared.take<float>(input_sum_values<C, P>) + at.owner : nullptr;
  const auto input_sum = [&](int pass) {
    return Row<typename C::Input, float>{input_sums + pass * lane_count<typename C::Input, float> * P::block_owners,
                                         P::block_owners, true};
  };

  Tile<P, recurrent_lanes<C>> recurrent;
  recurrent.load(run.recurrent_weight(at.replica), run.shape.units, at);
  [[maybe_unused]] std::conditional_t<DeepTransition<C>, Tile<P, deep_lanes<C>>, int> deep;
  if constexpr (DeepTransition<C>) deep.load(run.deep_weight(at.replica), run.shape.units, at);
  typename C::Unit u{}, unit_sum[P::passes];
  if (at.unit < run.shape.units) u = run.unit.row({at.replica, 0, 0})[at.unit];
  typename C::State carried[P::passes];  // the gradient of the state after the step, except for the part that travels
#pragma unroll
  for (int pass = 0; pass < P::passes; ++pass) {
    carried[pass] = {};
    unit_sum[pass] = {};
    if (own.length[pass] < 0) continue;
    carried[pass] = state_gradient.load(0, own.sequence[pass]);
    if (sums_inputs) input_sum(pass).store(0, {});
  }

  const auto fetch = [&](int turn) {
    const int step = steps - 1 - turn;
#pragma unroll
    for (int pass = 0; pass < P::passes; ++pass) {
      if (own.length[pass] < 0 || step < 0) continue;
      float* const to = ring.at(turn, pass);
      const int sequence = own.sequence[pass];
      if (gradient.entering.first) Ring::fetch(to + Lanes::entering * Ring::stride, entering, step, sequence);
      if (step >= own.length[pass]) continue;
      Ring::fetch(to, saved, step, sequence);
      Ring::fetch(to + Lanes::state * Ring::stride, states, step, sequence);
      Ring::fetch(to + Lanes::intermediate * Ring::stride, intermediates, step, sequence);
    }
    copy_async_commit();
  };
  for (int turn = 0; turn < backward_ahead; ++turn) fetch(turn);
  exchanges.ready();
  exchanges.find_peers();

  // The gradient of the state after a step: the carried part plus the entering part.
  const auto enter = [&](int turn, int pass) {
    if (gradient.entering.first)
      add_lanes<float>(carried[pass],
                       Ring::template load<typename C::State>(ring.at(turn, pass) + Lanes::entering * Ring::stride));
    if (gradient.totals.first) totals.store(steps - turn, own.sequence[pass], carried[pass]);
  };
  const auto store_zeros = [&](int pass, int step) {
    if (!sums_inputs) input_gradient.store(step, own.sequence[pass], {});
    recurrent_gradient.store(step, own.sequence[pass], {});
    deep_gradient.store(step, own.sequence[pass], {});
  };
  int turn = 0, exchange = 0;
  for (; turn < steps - longest; ++turn) {
    copy_async_wait<backward_ahead - 1>();
#pragma unroll
    for (int pass = 0; pass < P::passes; ++pass) {
      if (own.length[pass] < 0) continue;
      enter(turn, pass);
      store_zeros(pass, steps - 1 - turn);
    }
    fetch(turn + backward_ahead);
  }

  // Gradients of the rows of the tile, for all its lanes; a tile lies within one warp.
  const auto offer = [&](int pass, const auto& record) {
    constexpr int lanes = lane_count<std::remove_cvref_t<decltype(record)>, float>;
    float* const to = tile_rows + (pass * P::together + at.slot) * lanes * tile_units + at.part % tile_units;
    if (at.owner >= 0) for_each_lane<float>(record, [&](int lane, float value) { to[lane * tile_units] = value; });
  };
  const auto multiply = [&](const auto& tile) {
    if (!Bug::has(PlantedBug::no_warp_barrier)) __syncwarp();
    constexpr int rows = std::remove_cvref_t<decltype(tile)>::rows;
    float* const partial = exchanges.partial(exchange + 1, at);
#pragma unroll
    for (int sequence = 0; sequence < P::sequences; ++sequence)
      tile.transposed_product(tile_rows + sequence * rows, partial + sequence * P::units, at);
    exchanges.push(exchange + 1, at);
    if (Bug::has(PlantedBug::arm_after_push)) exchanges.arm(exchange + 1);
    ++exchange;
  };
  const auto begin = [&] {
    if (!Bug::has(PlantedBug::arm_after_push)) exchanges.arm(exchange + 1);
    exchanges.wait(exchange);
  };
  for (; turn < steps; ++turn) {
    const int step = steps - 1 - turn;
    copy_async_wait<backward_ahead - 1>();
    begin();
    Gradient<C> out[P::passes]{};
    [[maybe_unused]] DeepOf<C> deep_out[P::passes]{};
    const auto finish = [&](int pass, ThroughOf<C> through) {
      if (live(pass, step)) {
        const float* const slot = ring.at(turn, pass);
        out[pass] = backward<C>(
            Ring::template load<typename C::Saved>(slot), u,
            Ring::template load<typename C::State>(slot + Lanes::state * Ring::stride), carried[pass],
            Ring::template load<IntermediateOf<C>>(slot + Lanes::intermediate * Ring::stride), deep_out[pass], through);
        carried[pass] = out[pass].state;
      }
      offer(pass, out[pass].recurrent);
    };
    // While the exchange is in transit.
    const auto store = [&](int pass) {
      if (own.length[pass] < 0) return;
      recurrent_gradient.store(step, own.sequence[pass], out[pass].recurrent);
      deep_gradient.store(step, own.sequence[pass], deep_out[pass]);
      if (!sums_inputs)
        input_gradient.store(step, own.sequence[pass], out[pass].input);
      else if (live(pass, step))
        input_sum(pass).add(0, out[pass].input);
      add_lanes<float>(unit_sum[pass], out[pass].unit);
    };
#pragma unroll
    for (int pass = 0; pass < P::passes; ++pass) {
      if (own.length[pass] >= 0) {
        if (exchange > 0) first_value<float>(carried[pass]) += exchanges.received(exchange, pass, at);
        enter(turn, pass);
      }
      if constexpr (DeepTransition<C>) {
        if (live(pass, step)) {
          const float* const slot = ring.at(turn, pass);
          deep_out[pass] = C::backward_deep(
              Ring::template load<typename C::Saved>(slot), u,
              Ring::template load<typename C::State>(slot + Lanes::state * Ring::stride), carried[pass],
              Ring::template load<IntermediateOf<C>>(slot + Lanes::intermediate * Ring::stride));
        }
        offer(pass, deep_out[pass]);
      } else {
        finish(pass, {});
      }
    }
    if constexpr (DeepTransition<C>) {
      multiply(deep);
      begin();
#pragma unroll
      for (int pass = 0; pass < P::passes; ++pass) {
        ThroughOf<C> through{};
        if (own.length[pass] >= 0) through.value = exchanges.received(exchange, pass, at);
        finish(pass, through);
      }
    }
    [[maybe_unused]] float read_before[P::passes]{};
    if (Bug::has(PlantedBug::push_before_last_read)) {
      for (int pass = 0; pass < P::passes; ++pass)
        if (live(pass, step) && exchange > 0) read_before[pass] = exchanges.received(exchange, pass, at);
    }
    multiply(recurrent);
    if (Bug::has(PlantedBug::push_before_last_read)) {
      __syncwarp();
      for (int pass = 0; pass < P::passes; ++pass)
        if (live(pass, step) && exchange > 1)
          first_value<float>(carried[pass]) += exchanges.received(exchange - 1, pass, at) - read_before[pass];
    }
#pragma unroll
    for (int pass = 0; pass < P::passes; ++pass) store(pass);
    fetch(turn + backward_ahead);
  }
  copy_async_wait<0>();
  if (Bug::has(PlantedBug::barrier_for_last_wait)) {
    cluster_arrive();
    cluster_wait();
  } else if (!Bug::has(PlantedBug::exit_with_store_inbound)) {
    exchanges.wait(exchange);  // nothing is in transit to this block any more
  }

#pragma unroll
  for (int pass = 0; pass < P::passes; ++pass) {
    if (own.length[pass] < 0) continue;
    if (exchange > 0) first_value<float>(carried[pass]) += exchanges.received(exchange, pass, at);
    state_gradient.store(0, own.sequence[pass], carried[pass]);
    if (gradient.totals.first) totals.store(0, own.sequence[pass], carried[pass]);
    unit_gradient.store(0, own.sequence[pass], unit_sum[pass]);
    if (sums_inputs) input_gradient.store(0, own.sequence[pass], input_sum(pass)[0]);
  }
}

template <Cell C, class P, class Bug = NoBug>
__global__ void __launch_bounds__(P::threads, 1)
    persistent_backward(const __grid_constant__ PersistentBackward<C> arguments) {
  if constexpr (P::blocks == 1 || has_clusters)
    run_backward<C, P, Bug>(arguments);
  else
    __trap();
}

}  // namespace hysteron::cuda
