#pragma once
#include <hysteron/cell.hpp>
#include <hysteron/scalar_math.hpp>

namespace hysteron {

// Neuromodulated bistable recurrent cell (Vecoven et al. 2021, arXiv 2006.05252): as Brc, but the past of all units
// sets a and c.
//   c = σ(U_c x + b_c + W_c h)      a = 1 + tanh(U_a x + b_a + W_a h)
//   n = tanh(U_h x + b_h + a ∘ h)      h' = c ∘ h + (1 − c) ∘ n
template <class R>
struct Nbrc {
  using Real = R;
  static constexpr std::string_view name = "nbrc";
  static constexpr Layout layout{.gates = "can",
                                 .unit = UnitPlace::none,
                                 .weight_ih = Draw::xavier_uniform,
                                 .weight_hh = Draw::xavier_uniform,
                                 .bias = Draw::zero,
                                 .unit_draw = Draw::zero};
  struct Input {
    Real c, a, n;
  };
  struct Recurrent {
    Real c, a;
  };
  struct Unit {};
  struct State {
    Real h;
  };
  struct Saved {
    Real c, a, n;
  };

  HYSTERON_HD static Step<Nbrc> forward(Input x, Recurrent w, Unit, State past) {
    const Real c = sigmoid(x.c + w.c);
    const Real a = Real(1) + tangent(x.a + w.a);
    const Real n = tangent(x.n + a * past.h);
    return {.state = {.h = c * past.h + (Real(1) - c) * n}, .saved = {.c = c, .a = a, .n = n}};
  }

  HYSTERON_HD static Gradient<Nbrc> backward(Saved s, Unit, State past, State grad) {
    const Real n = grad.h * (Real(1) - s.c) * tanh_slope(s.n);
    const Real c = grad.h * (past.h - s.n) * sigmoid_slope(s.c);
    const Real a = n * past.h * tanh_slope(s.a - Real(1));
    return {.input = {.c = c, .a = a, .n = n},
            .recurrent = {.c = c, .a = a},
            .unit = {},
            .state = {.h = grad.h * s.c + n * s.a}};
  }
};

}  // namespace hysteron
