#pragma once
#include <concepts>
#include <string_view>

#include <hysteron/portable.hpp>

namespace hysteron {

// A cell is the mathematics of one unit for one step: records of values in, records of values out. It never sees a
// pointer, an index, a stride or a thread. Its records, each made of Real values only, and any of which may be empty:
//
//   Input      W_ih x + b_ih: what arrives from below
//   Recurrent  W_hh h: what arrives from all units' past
//   Unit       the unit's own parameters (second biases, diagonal weights)
//   State      what a step hands to the next; W_hh reads its first value
//   Saved      what backward needs and is not cheap to recompute
//
// Its layout says how the records' parameters are named in a model file and how the classic start draws them.
enum class Draw {
  zero,
  one,
  normal,          // N(0, 1)
  uniform,         // U(-1/sqrt(H), 1/sqrt(H)), as PyTorch draws recurrent layers
  xavier_uniform,  // U(-a, a), a = sqrt(6 / (fan in + fan out)), one gate's block at a time
  xavier_normal,   // N(0, s), s = 0.9 sqrt(2 / (fan in + fan out)), one gate's block at a time
  orthogonal,      // one gate's block at a time
};

// The parameter that holds Unit; in bias_ih it follows Input's lanes.
enum class UnitPlace { none, bias_ih, bias_hh, weight_hh };

struct Layout {
  std::string_view gates;  // of Input, one letter a lane: the order of the blocks in weight_ih and bias_ih
  UnitPlace unit;
  Draw weight_ih, weight_hh, bias, unit_draw;
};

// What some parts of the engine ask of a cell beyond its equations. Each of the four below is an optional static member
// of a cell, under the name that its comment gives; a cell that lacks one cannot be used where it is needed.

// `linear_memory`: a part of the state that is carried on linearly, so that gradients survive even when none flows back
// through the first `detached` of the Recurrent record's products.
struct LinearMemory {
  int detached;
  int matrix = -1;  // the block of weight_hh that takes the memory to the next step; -1: gates take it
};

// `candidate`: with its gates held open the cell is h' = tanh(W x + U h + b), W and U the blocks of one letter of
// Layout::gates. Input's lanes are then the lanes of the products, in the same order.
struct Candidate {
  char gate;                // that letter
  std::string_view opened;  // gates that are then near 1: their biases are high
  std::string_view closed;  // near 0: their biases are low
};

// `time_gates`: gates whose biases alone make a unit forget after 1 + exp(b) steps: b is the forget gate's bias, -b the
// input gate's.
struct TimeGates {
  char forget;
  char input = 0;  // 0: there is none
};

// `torch`: the PyTorch module with the same equations, names and layouts: "nn.GRU".

template <class C>
concept Records = requires {
  typename C::Real;
  typename C::Input;
  typename C::Recurrent;
  typename C::Unit;
  typename C::State;
  typename C::Saved;
  { C::name } -> std::convertible_to<std::string_view>;
  { C::layout } -> std::convertible_to<Layout>;
};

template <class C>
struct Step {
  typename C::State state;
  typename C::Saved saved;
};

template <class C>
struct Gradient {
  typename C::Input input;
  typename C::Recurrent recurrent;
  typename C::Unit unit;
  typename C::State state;
};

// Most cells: one product of the past, then the unit's own arithmetic.
template <class C>
concept ShallowTransition = Records<C> &&
    requires(typename C::Input x, typename C::Recurrent a, typename C::Unit u, typename C::State past,
             typename C::Saved s, typename C::State grad) {
  { C::forward(x, a, u, past) } -> std::same_as<Step<C>>;
  { C::backward(s, u, past, grad) } -> std::same_as<Gradient<C>>;
};

// A deep transition (Pascanu et al. 2014, arXiv 1312.6026) passes through an intermediate layer within the step, and a
// second matrix reads that layer. It has two more records, and one more function in each direction, called before the
// second product:
//
//   Intermediate  the layer between the products; the second matrix reads its first value
//   Deep          the second product
//
//   forward:   a = W h        i = forward_intermediate(a)     d = V i.first      state' = forward(.., i, d)
//   backward:  dd = backward_deep(grad)      di = V^T dd      all gradients = backward(.., i, dd, di)
//
// The schedule keeps every Intermediate, as it keeps the states: the gradient of V needs them. Saved does not repeat
// them.
template <class C>
concept DeepTransition = Records<C> &&
    requires(typename C::Input x, typename C::Recurrent a, typename C::Unit u, typename C::State past,
             typename C::Saved s, typename C::State grad, typename C::Intermediate i, typename C::Deep d,
             typename C::Real through) {
  { C::forward_intermediate(x, a, u, past) } -> std::same_as<typename C::Intermediate>;
  { C::forward(x, a, u, past, i, d) } -> std::same_as<Step<C>>;
  { C::backward_deep(s, u, past, grad, i) } -> std::same_as<typename C::Deep>;
  { C::backward(s, u, past, grad, i, d, through) } -> std::same_as<Gradient<C>>;
};

template <class C>
concept Cell = ShallowTransition<C> || DeepTransition<C>;

// A shallow transition has nothing in place of these, at no cost. The two functions below let a schedule be written
// once; only the second product and what precedes it stand behind `if constexpr`.
template <class C>
struct DeepRecords {
  struct Intermediate {};
  struct Deep {};
  struct Through {};
};
template <DeepTransition C>
struct DeepRecords<C> {
  using Intermediate = typename C::Intermediate;
  using Deep = typename C::Deep;
  struct Through {
    typename C::Real value;
  };  // the gradient of Intermediate's first value, through the second matrix
};
template <class C>
using IntermediateOf = typename DeepRecords<C>::Intermediate;
template <class C>
using DeepOf = typename DeepRecords<C>::Deep;
template <class C>
using ThroughOf = typename DeepRecords<C>::Through;

template <Cell C>
HYSTERON_HD inline Step<C> forward(typename C::Input x, typename C::Recurrent a, typename C::Unit u,
                                   typename C::State past, IntermediateOf<C> i, DeepOf<C> d) {
  if constexpr (DeepTransition<C>)
    return C::forward(x, a, u, past, i, d);
  else
    return C::forward(x, a, u, past);
}

template <Cell C>
HYSTERON_HD inline Gradient<C> backward(typename C::Saved s, typename C::Unit u, typename C::State past,
                                        typename C::State grad, IntermediateOf<C> i, DeepOf<C> d,
                                        ThroughOf<C> through) {
  if constexpr (DeepTransition<C>)
    return C::backward(s, u, past, grad, i, d, through.value);
  else
    return C::backward(s, u, past, grad);
}

}  // namespace hysteron
