#pragma once
#include <hysteron/cell.hpp>
#include <hysteron/scalar_math.hpp>

namespace hysteron {

// Bistable recurrent cell (Vecoven et al. 2021, arXiv 2006.05252): the past reaches a unit only through that unit's own
// weights, so there is no recurrent product, and a > 1 makes the unit bistable.
//   c = σ(U_c x + b_c + w_c ∘ h)      a = 1 + tanh(U_a x + b_a + w_a ∘ h)
//   n = tanh(U_h x + b_h + a ∘ h)      h' = c ∘ h + (1 − c) ∘ n
template <class R>
struct Brc {
  using Real = R;
  static constexpr std::string_view name = "brc";
  static constexpr Layout layout{.gates = "can",
                                 .unit = UnitPlace::weight_hh,
                                 .weight_ih = Draw::xavier_uniform,
                                 .weight_hh = Draw::zero,
                                 .bias = Draw::zero,
                                 .unit_draw = Draw::one};
  struct Input {
    Real c, a, n;
  };
  struct Recurrent {};
  struct Unit {
    Real w_c, w_a;
  };
  struct State {
    Real h;
  };
  struct Saved {
    Real c, a, n;
  };

  HYSTERON_HD static Step<Brc> forward(Input x, Recurrent, Unit u, State past) {
    const Real c = sigmoid(x.c + u.w_c * past.h);
    const Real a = Real(1) + tangent(x.a + u.w_a * past.h);
    const Real n = tangent(x.n + a * past.h);
    return {.state = {.h = c * past.h + (Real(1) - c) * n}, .saved = {.c = c, .a = a, .n = n}};
  }

  HYSTERON_HD static Gradient<Brc> backward(Saved s, Unit u, State past, State grad) {
    const Real n = grad.h * (Real(1) - s.c) * tanh_slope(s.n);
    const Real c = grad.h * (past.h - s.n) * sigmoid_slope(s.c);
    const Real a = n * past.h * tanh_slope(s.a - Real(1));
    return {.input = {.c = c, .a = a, .n = n},
            .recurrent = {},
            .unit = {.w_c = c * past.h, .w_a = a * past.h},
            .state = {.h = grad.h * s.c + n * s.a + a * u.w_a + c * u.w_c}};
  }
};

}  // namespace hysteron
