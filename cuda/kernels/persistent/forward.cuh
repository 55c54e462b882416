#pragma once
#include <hysteron/trajectory.hpp>

#include "exchange.cuh"

namespace hysteron::cuda {

// A whole forward run in one launch: a cluster of blocks (or one block) serves a replica and a slice of its batch, a
// grid of them serves all replicas and slices. The rows of the matrices that belong to a block's units stay in its
// registers; at each step the blocks exchange what the matrices read (exchange.cuh). Everything else about a unit stays
// in the lane that finishes it. What differs between runs (constant input, what is kept, lengths) is strides and
// pointers, not kernels.

template <Cell C>
struct PersistentForward {
  Trajectory<C> run;
  bool keeps_intermediates, keeps_saved;  // otherwise these fields hold nothing
  const int* order;                       // [replicas, batch]: which sequence has which slot; null: each has its own
};

template <Cell C, class P>
using InputRing = Ring<P, lane_count<typename C::Input, float>, forward_ahead>;

/// Under a constant input the next state is a function of the current one alone: once all states of a slice are, bit
/// for bit, what they were settling_steps ago, only (remaining steps) mod settling_steps steps are left to do. For lone
/// blocks only: a cluster has no cheap vote.
template <Cell C, class P>
class Settling {
  using State = typename C::State;
  static constexpr int lanes = lane_count<State, float>;

 public:
  /// What it needs exists only under a constant input.
  __device__ __forceinline__ Settling(SharedCarver& shared, bool constant_input, const Position<P>& at)
      : states_(constant_input ? shared.take<float>(lanes * P::passes * P::block_owners) + at.owner : nullptr),
        votes_(constant_input ? shared.take<int>(2 * P::warps) : nullptr) {}

  __device__ __forceinline__ void remember(int pass, const State& state) const {
    for_each_lane<float>(state, [&](int lane, float value) { *place(pass, lane) = value; });
  }
  __device__ __forceinline__ bool differs(int pass, const State& state) const {
    bool result = false;
    for_each_lane<float>(state, [&](int lane, float value) {
      result = result || __float_as_uint(value) != __float_as_uint(*place(pass, lane));
    });
    return result;
  }
  /// Whether no thread of the block has moved. Called by all threads together; the votes of one check are overwritten
  /// two checks later.
  __device__ __forceinline__ bool agreed(bool moved, int check, const Position<P>& at) const {
    int* const votes = votes_ + check % 2 * P::warps;
    const bool any = __any_sync(all_lanes, moved ? 1 : 0) != 0;
    if (at.lane == 0) votes[at.warp] = any ? 1 : 0;
    __syncthreads();
    int moving = 0;
    for (int warp = 0; warp < P::warps; ++warp) moving += votes[warp];
    return moving == 0;
  }

 private:
  __device__ __forceinline__ float* place(int pass, int lane) const {
    return states_ + (pass * lanes + lane) * P::block_owners;
  }

  float* states_;
  int* votes_;
};

template <Cell C, class P, class Bug>
__device__ __forceinline__ void run_forward(const PersistentForward<C>& arguments) {
  using Ring = InputRing<C, P>;
  constexpr int recurrent_rows = recurrent_lanes<C> * tile_units * P::together;
  constexpr int deep_rows = deep_lanes<C> * tile_units * P::together;
  const Trajectory<C>& run = arguments.run;
  const int steps = run.shape.steps;
  const bool input_moves = run.input.moves(), keeps_states = run.states.moves();

  const Position<P> at(run.shape);
  OwnSequences<P> own(run, arguments.order, at);
  int longest = own.longest + (Bug::has(PlantedBug::length_off_by_one) && own.longest < steps ? 1 : 0);
  const Column inputs(run.input, at.replica, at.unit);
  const Column states(run.states, at.replica, at.unit);
  const Column intermediates(run.intermediates, at.replica, at.unit);
  const Column saved(run.saved, at.replica, at.unit);

  SharedCarver shared;
  ValueExchange<P, Bug> exchanges(shared, at);
  const Ring ring(shared.take<float>((input_moves ? forward_ahead : 1) * Ring::slot_values), at);

  typename C::State state[P::passes];
#pragma unroll
  for (int pass = 0; pass < P::passes; ++pass) {
    state[pass] = {};
    if (own.length[pass] >= 0) state[pass] = states.load(0, own.sequence[pass]);
  }
  bool settles =
      P::blocks == 1 && !input_moves && !keeps_states && !arguments.keeps_intermediates && !arguments.keeps_saved;
  const Settling<C, P> settling(shared, P::blocks == 1 && !input_moves, at);
  const auto remember = [&] {
#pragma unroll
    for (int pass = 0; pass < P::passes; ++pass)
      if (own.length[pass] >= 0) settling.remember(pass, state[pass]);
  };
  if (settles) remember();
  for (int i = int(threadIdx.x); i < P::exchange_values; i += P::threads) {
    const int slot = at.first_slot + i / P::units, unit = i % P::units;
    float value = 0;
    if (slot < run.shape.batch && unit < run.shape.units) {
      const int sequence =
          arguments.order ? arguments.order[static_cast<std::ptrdiff_t>(at.replica) * run.shape.batch + slot] : slot;
      value = run.states.row({at.replica, 0, sequence}).first[unit];
    }
    exchanges.buffer(0)[i] = value;
  }
  exchanges.announce();  // only now may another block overwrite the initial state with the last one

  const auto fetch = [&](int step) {
#pragma unroll
    for (int pass = 0; pass < P::passes; ++pass)
      if (step < own.length[pass] && (input_moves || step == 0))
        Ring::fetch(ring.at(step, pass), inputs, step, own.sequence[pass]);
    copy_async_commit();
  };
  for (int step = 0; step < forward_ahead; ++step) fetch(step);
  Tile<P, recurrent_lanes<C>> recurrent;
  recurrent.load(run.recurrent_weight(at.replica), run.shape.units, at);
  [[maybe_unused]] std::conditional_t<DeepTransition<C>, Tile<P, deep_lanes<C>>, int> deep;
  if constexpr (DeepTransition<C>) deep.load(run.deep_weight(at.replica), run.shape.units, at);
  typename C::Unit u{};
  if (at.unit < run.shape.units) u = run.unit.row({at.replica, 0, 0})[at.unit];
  exchanges.ready();
  exchanges.find_peers(at);

  int exchange = 0;
  const auto begin = [&](bool pushes) {
    if (pushes && !Bug::has(PlantedBug::arm_after_push)) exchanges.arm(exchange + 1);
    exchanges.wait(exchange);
  };
  const auto end = [&](bool pushes) {
    if (pushes && Bug::has(PlantedBug::arm_after_push)) exchanges.arm(exchange + 1);
    ++exchange;
  };
  for (int step = 0; step < longest; ++step) {
    const bool pushes = step + 1 < longest || Bug::has(PlantedBug::exit_with_store_inbound);
    typename C::Input x[P::passes]{};
    typename C::Recurrent a[P::passes]{};
    IntermediateOf<C> i[P::passes]{};
    const auto live = [&](int pass) {
      return step < own.length[pass] + (Bug::has(PlantedBug::length_off_by_one) && own.length[pass] >= 0 ? 1 : 0);
    };
    const auto finish = [&](int pass, DeepOf<C> d) {
      Step<C> out{};
      if (live(pass)) {
        out = forward<C>(x[pass], a[pass], u, state[pass], i[pass], d);
        state[pass] = out.state;
      }
      if (pushes) exchanges.push(exchange + 1, pass, first_value<float>(state[pass]), at);
      if (live(pass)) {
        if (keeps_states) states.store(step + 1, own.sequence[pass], out.state);
        if (arguments.keeps_saved) saved.store(step, own.sequence[pass], out.saved);
      }
    };

    copy_async_wait<forward_ahead - 1>();
    begin(DeepTransition<C> || pushes);
#pragma unroll
    for (int pass = 0; pass < P::passes; ++pass) {
      const float* const values = exchanges.buffer(exchange) + pass * P::together * P::units;
      if (live(pass)) x[pass] = Ring::template load<typename C::Input>(ring.at(input_moves ? step : 0, pass));
      float sums[recurrent_rows];
      recurrent.product(sums, values, at);
      a[pass] = load_lanes<typename C::Recurrent, float>(sums, 1);
      if constexpr (DeepTransition<C>) {
        if (live(pass)) i[pass] = C::forward_intermediate(x[pass], a[pass], u, state[pass]);
        exchanges.push(exchange + 1, pass, first_value<float>(i[pass]), at);
        if (live(pass) && arguments.keeps_intermediates) intermediates.store(step, own.sequence[pass], i[pass]);
      } else {
        finish(pass, {});
      }
    }
    if constexpr (DeepTransition<C>) {
      end(true);
      begin(pushes);
#pragma unroll
      for (int pass = 0; pass < P::passes; ++pass) {
        float sums[deep_rows];
        deep.product(sums, exchanges.buffer(exchange) + pass * P::together * P::units, at);
        finish(pass, load_lanes<DeepOf<C>, float>(sums, 1));
      }
    }
    if (Bug::has(PlantedBug::push_before_last_read)) {
      __syncwarp();
      const int other = (at.unit + P::block_units) % P::units;  // belongs to another block
      for (int pass = 0; pass < P::passes; ++pass) {
        float* const to =
            (DeepTransition<C> ? intermediates.at(step, own.sequence[pass]) : states.at(step, own.sequence[pass])) -
            at.unit;
        if (live(pass)) to[other] = exchanges.buffer(exchange)[(pass * P::together + at.slot) * P::units + other];
      }
    }
    end(pushes);
    fetch(step + forward_ahead);
    if constexpr (P::blocks == 1) {
      const int done = step + 1;
      if (!settles || done % settling_steps != 0) continue;
      bool moved = false;
#pragma unroll
      for (int pass = 0; pass < P::passes; ++pass)
        moved = moved || (done < own.length[pass] && settling.differs(pass, state[pass]));
      if (settling.agreed(moved, done / settling_steps, at)) {
        settles = false;
        longest = longest < done + settling_steps - 1 ? longest : done + settling_steps - 1;
#pragma unroll
        for (int pass = 0; pass < P::passes; ++pass)
          if (own.length[pass] > done) own.length[pass] = done + (own.length[pass] - done) % settling_steps;
      }
      remember();
    }
  }
  copy_async_wait<0>();
  // Nothing is in transit to this block: the last sends were waited for in the last step.

#pragma unroll
  for (int pass = 0; pass < P::passes; ++pass) {
    if (own.length[pass] < 0) continue;
    if (!keeps_states) states.store(0, own.sequence[pass], state[pass]);
    for (int step = own.length[pass]; step < steps; ++step) {
      if (keeps_states) states.store(step + 1, own.sequence[pass], state[pass]);
      if (arguments.keeps_intermediates) intermediates.store(step, own.sequence[pass], {});
    }
  }
}

template <Cell C, class P, class Bug = NoBug>
__global__ void __launch_bounds__(P::threads, 1)
    persistent_forward(const __grid_constant__ PersistentForward<C> arguments) {
  if constexpr (P::blocks == 1 || has_clusters)
    run_forward<C, P, Bug>(arguments);
  else
    __trap();
}

}  // namespace hysteron::cuda
