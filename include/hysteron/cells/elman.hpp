#pragma once
#include <hysteron/cell.hpp>
#include <hysteron/scalar_math.hpp>

namespace hysteron {

// Elman's network (1990), PyTorch's nn.RNN:
//   h' = tanh(W_ih x + b_ih + W_hh h + b_hh)
template <class R>
struct Elman {
  using Real = R;
  static constexpr std::string_view name = "elman";
  static constexpr Layout layout{.gates = "h",
                                 .unit = UnitPlace::bias_hh,
                                 .weight_ih = Draw::uniform,
                                 .weight_hh = Draw::uniform,
                                 .bias = Draw::uniform,
                                 .unit_draw = Draw::uniform};
  static constexpr Candidate candidate{.gate = 'h', .opened = "", .closed = ""};
  static constexpr std::string_view torch = "nn.RNN";
  struct Input {
    Real h;
  };
  struct Recurrent {
    Real h;
  };
  struct Unit {
    Real b_h;
  };
  struct State {
    Real h;
  };
  struct Saved {
    Real h;
  };

  HYSTERON_HD static Step<Elman> forward(Input x, Recurrent a, Unit u, State) {
    const Real h = tangent(x.h + a.h + u.b_h);
    return {.state = {.h = h}, .saved = {.h = h}};
  }

  HYSTERON_HD static Gradient<Elman> backward(Saved s, Unit, State, State grad) {
    const Real h = grad.h * tanh_slope(s.h);
    return {.input = {.h = h}, .recurrent = {.h = h}, .unit = {.b_h = h}, .state = {.h = Real(0)}};
  }
};

}  // namespace hysteron
