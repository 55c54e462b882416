#pragma once
#include <hysteron/cell.hpp>
#include <hysteron/scalar_math.hpp>

namespace hysteron {

// Linear memory network (Bacciu, Carta, Sperduti 2019), a deep transition: its functional layer h is the intermediate
// layer, its memory m the state. W_mm m is computed with the first product.
//   h = tanh(W_xh x + b_h + W_mh m)      m' = W_hm h + W_mm m + b_m
template <class R>
struct Lmn {
  using Real = R;
  static constexpr std::string_view name = "lmn";
  static constexpr Layout layout{.gates = "h",
                                 .unit = UnitPlace::bias_ih,
                                 .weight_ih = Draw::xavier_normal,
                                 .weight_hh = Draw::xavier_normal,
                                 .bias = Draw::normal,
                                 .unit_draw = Draw::normal};
  // Gradients survive in W_mm m where none flows through W_mh (Carta, Sperduti & Bacciu 2020, arXiv 2011.02886).
  static constexpr LinearMemory linear_memory{.detached = 1, .matrix = 1};
  struct Input {
    Real h;
  };
  struct Recurrent {
    Real h, m;
  };
  struct Intermediate {
    Real h;
  };
  struct Deep {
    Real m;
  };
  struct Unit {
    Real b_m;
  };
  struct State {
    Real m;
  };
  struct Saved {};

  HYSTERON_HD static Intermediate forward_intermediate(Input x, Recurrent a, Unit, State) {
    return {.h = tangent(x.h + a.h)};
  }
  HYSTERON_HD static Step<Lmn> forward(Input, Recurrent a, Unit u, State, Intermediate, Deep d) {
    return {.state = {.m = d.m + a.m + u.b_m}, .saved = {}};
  }

  HYSTERON_HD static Deep backward_deep(Saved, Unit, State, State grad, Intermediate) { return {.m = grad.m}; }
  HYSTERON_HD static Gradient<Lmn> backward(Saved, Unit, State, State, Intermediate i, Deep d, Real h) {
    const Real a = h * tanh_slope(i.h);
    return {.input = {.h = a}, .recurrent = {.h = a, .m = d.m}, .unit = {.b_m = d.m}, .state = {.m = Real(0)}};
  }
};

}  // namespace hysteron
