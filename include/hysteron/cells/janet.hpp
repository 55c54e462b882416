#pragma once
#include <hysteron/cell.hpp>
#include <hysteron/scalar_math.hpp>

namespace hysteron {

// JANET (van der Westhuizen & Lasenby 2018, arXiv 1804.04849): an LSTM with only a forget gate, whose state is its
// memory. With β = 1, as in the paper, a unit takes in more than it forgets.
//   s = W_f x + b_f + U_f h      c = tanh(W_c x + b_c + U_c h)      h' = σ(s) ∘ h + (1 − σ(s − β)) ∘ c
template <class R>
struct Janet {
  using Real = R;
  static constexpr std::string_view name = "janet";
  static constexpr Layout layout{.gates = "fc",
                                 .unit = UnitPlace::none,
                                 .weight_ih = Draw::xavier_uniform,
                                 .weight_hh = Draw::xavier_uniform,
                                 .bias = Draw::zero,
                                 .unit_draw = Draw::zero};
  static constexpr Candidate candidate{.gate = 'c', .opened = "", .closed = "f"};
  static constexpr TimeGates time_gates{.forget = 'f'};
  struct Input {
    Real f, c;
  };
  struct Recurrent {
    Real f, c;
  };
  struct Unit {};
  struct State {
    Real h;
  };
  struct Saved {
    Real f, i, c;
  };

  HYSTERON_HD static Step<Janet> forward(Input x, Recurrent a, Unit, State past) {
    const Real s = x.f + a.f;
    const Real f = sigmoid(s);
    const Real i = sigmoid(Real(1) - s);  // 1 − σ(s − β)
    const Real c = tangent(x.c + a.c);
    return {.state = {.h = f * past.h + i * c}, .saved = {.f = f, .i = i, .c = c}};
  }

  HYSTERON_HD static Gradient<Janet> backward(Saved s, Unit, State past, State grad) {
    const Real f = grad.h * (past.h * sigmoid_slope(s.f) - s.c * sigmoid_slope(s.i));
    const Real c = grad.h * s.i * tanh_slope(s.c);
    return {.input = {.f = f, .c = c}, .recurrent = {.f = f, .c = c}, .unit = {}, .state = {.h = grad.h * s.f}};
  }
};

}  // namespace hysteron
