#pragma once
#include <hysteron/cell.hpp>
#include <hysteron/scalar_math.hpp>

namespace hysteron {

// Gated recurrent unit, reset gate after the recurrent product (as cuDNN and PyTorch):
//   r = σ(W_ir x + b_ir + W_hr h + b_hr)      z = σ(W_iz x + b_iz + W_hz h + b_hz)
//   n = tanh(W_in x + b_in + r ∘ (W_hn h + b_hn))      h' = (1 − z) ∘ n + z ∘ h
template <class R>
struct Gru {
  using Real = R;
  static constexpr std::string_view name = "gru";
  static constexpr Layout layout{.gates = "rzn",
                                 .unit = UnitPlace::bias_hh,
                                 .weight_ih = Draw::xavier_uniform,
                                 .weight_hh = Draw::orthogonal,
                                 .bias = Draw::zero,
                                 .unit_draw = Draw::zero};
  static constexpr Candidate candidate{.gate = 'n', .opened = "r", .closed = "z"};
  static constexpr std::string_view torch = "nn.GRU";
  struct Input {
    Real r, z, n;
  };
  struct Recurrent {
    Real r, z, n;
  };
  struct Unit {
    Real b_r, b_z, b_n;
  };
  struct State {
    Real h;
  };
  struct Saved {
    Real r, z, n, hn;
  };

  HYSTERON_HD static Step<Gru> forward(Input x, Recurrent a, Unit u, State past) {
    const Real r = sigmoid(x.r + a.r + u.b_r);
    const Real z = sigmoid(x.z + a.z + u.b_z);
    const Real hn = a.n + u.b_n;
    const Real n = tangent(x.n + r * hn);
    return {.state = {.h = (Real(1) - z) * n + z * past.h}, .saved = {.r = r, .z = z, .n = n, .hn = hn}};
  }

  HYSTERON_HD static Gradient<Gru> backward(Saved s, Unit, State past, State grad) {
    const Real n = grad.h * (Real(1) - s.z) * tanh_slope(s.n);
    const Real z = grad.h * (past.h - s.n) * sigmoid_slope(s.z);
    const Real r = n * s.hn * sigmoid_slope(s.r);
    return {.input = {.r = r, .z = z, .n = n},
            .recurrent = {.r = r, .z = z, .n = n * s.r},
            .unit = {.b_r = r, .b_z = z, .b_n = n * s.r},
            .state = {.h = grad.h * s.z}};
  }
};

}  // namespace hysteron
