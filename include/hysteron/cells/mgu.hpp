#pragma once
#include <hysteron/cell.hpp>
#include <hysteron/scalar_math.hpp>

namespace hysteron {

// Minimal gated unit (Zhou et al. 2016, arXiv 1603.09420), a deep transition: the second matrix reads f ∘ h.
//   f = σ(W_f x + b_f + U_f h)      n = tanh(W_h x + b_h + U_h (f ∘ h))      h' = (1 − f) ∘ h + f ∘ n
template <class R>
struct Mgu {
  using Real = R;
  static constexpr std::string_view name = "mgu";
  static constexpr Layout layout{.gates = "fn",
                                 .unit = UnitPlace::none,
                                 .weight_ih = Draw::xavier_uniform,
                                 .weight_hh = Draw::xavier_uniform,
                                 .bias = Draw::zero,
                                 .unit_draw = Draw::zero};
  static constexpr Candidate candidate{.gate = 'n', .opened = "f", .closed = ""};
  struct Input {
    Real f, n;
  };
  struct Recurrent {
    Real f;
  };
  struct Intermediate {
    Real fh, f;
  };
  struct Deep {
    Real n;
  };
  struct Unit {};
  struct State {
    Real h;
  };
  struct Saved {
    Real n;
  };

  HYSTERON_HD static Intermediate forward_intermediate(Input x, Recurrent a, Unit, State past) {
    const Real f = sigmoid(x.f + a.f);
    return {.fh = f * past.h, .f = f};
  }
  HYSTERON_HD static Step<Mgu> forward(Input x, Recurrent, Unit, State past, Intermediate i, Deep d) {
    const Real n = tangent(x.n + d.n);
    return {.state = {.h = (Real(1) - i.f) * past.h + i.f * n}, .saved = {.n = n}};
  }

  HYSTERON_HD static Deep backward_deep(Saved s, Unit, State, State grad, Intermediate i) {
    return {.n = grad.h * i.f * tanh_slope(s.n)};
  }
  HYSTERON_HD static Gradient<Mgu> backward(Saved s, Unit, State past, State grad, Intermediate i, Deep d, Real fh) {
    const Real f = (grad.h * (s.n - past.h) + fh * past.h) * sigmoid_slope(i.f);
    return {.input = {.f = f, .n = d.n},
            .recurrent = {.f = f},
            .unit = {},
            .state = {.h = grad.h * (Real(1) - i.f) + fh * i.f}};
  }
};

}  // namespace hysteron
