#pragma once
#include <hysteron/cell.hpp>
#include <hysteron/scalar_math.hpp>

namespace hysteron {

// Long short-term memory with a forget gate and no peepholes, PyTorch's gate order:
//   i, f, o = σ(W_i. x + b_i. + W_h. h + b_h.)      g = tanh(W_ig x + b_ig + W_hg h + b_hg)
//   c' = f ∘ c + i ∘ g      h' = o ∘ tanh(c')
template <class R>
struct Lstm {
  using Real = R;
  static constexpr std::string_view name = "lstm";
  static constexpr Layout layout{.gates = "ifgo",
                                 .unit = UnitPlace::bias_hh,
                                 .weight_ih = Draw::uniform,
                                 .weight_hh = Draw::uniform,
                                 .bias = Draw::uniform,
                                 .unit_draw = Draw::uniform};
  // Arpit et al. 2019 (arXiv 1810.03023): gradients survive in c where none flows through h.
  static constexpr LinearMemory linear_memory{.detached = 4};
  static constexpr Candidate candidate{.gate = 'g', .opened = "io", .closed = "f"};
  static constexpr TimeGates time_gates{.forget = 'f', .input = 'i'};
  static constexpr std::string_view torch = "nn.LSTM";
  struct Input {
    Real i, f, g, o;
  };
  struct Recurrent {
    Real i, f, g, o;
  };
  struct Unit {
    Real b_i, b_f, b_g, b_o;
  };
  struct State {
    Real h, c;
  };
  struct Saved {
    Real i, f, g, o, tanh_c;
  };

  HYSTERON_HD static Step<Lstm> forward(Input x, Recurrent a, Unit u, State past) {
    const Real i = sigmoid(x.i + a.i + u.b_i);
    const Real f = sigmoid(x.f + a.f + u.b_f);
    const Real g = tangent(x.g + a.g + u.b_g);
    const Real o = sigmoid(x.o + a.o + u.b_o);
    const Real c = f * past.c + i * g;
    const Real tanh_c = tangent(c);
    return {.state = {.h = o * tanh_c, .c = c}, .saved = {.i = i, .f = f, .g = g, .o = o, .tanh_c = tanh_c}};
  }

  HYSTERON_HD static Gradient<Lstm> backward(Saved s, Unit, State past, State grad) {
    const Real c = grad.c + grad.h * s.o * tanh_slope(s.tanh_c);
    const Real i = c * s.g * sigmoid_slope(s.i);
    const Real f = c * past.c * sigmoid_slope(s.f);
    const Real g = c * s.i * tanh_slope(s.g);
    const Real o = grad.h * s.tanh_c * sigmoid_slope(s.o);
    return {.input = {.i = i, .f = f, .g = g, .o = o},
            .recurrent = {.i = i, .f = f, .g = g, .o = o},
            .unit = {.b_i = i, .b_f = f, .b_g = g, .b_o = o},
            .state = {.h = Real(0), .c = c * s.f}};
  }
};

}  // namespace hysteron
