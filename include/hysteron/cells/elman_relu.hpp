#pragma once
#include <hysteron/cell.hpp>

namespace hysteron {

// Elman's network with rectified units, PyTorch's nn.RNN(nonlinearity="relu"); started by `identity` it is the IRNN
// (Le, Jaitly & Hinton 2015, arXiv 1504.00941):
//   h' = max(0, W_ih x + b_ih + W_hh h + b_hh)
template <class R>
struct ElmanRelu {
  using Real = R;
  static constexpr std::string_view name = "elman_relu";
  static constexpr Layout layout{.gates = "h",
                                 .unit = UnitPlace::bias_hh,
                                 .weight_ih = Draw::uniform,
                                 .weight_hh = Draw::uniform,
                                 .bias = Draw::uniform,
                                 .unit_draw = Draw::uniform};
  static constexpr std::string_view torch = "nn.RNN(nonlinearity=\"relu\")";
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

  // A NaN stays one: it compares false, and the sum is kept.
  HYSTERON_HD static Step<ElmanRelu> forward(Input x, Recurrent a, Unit u, State) {
    const Real sum = x.h + a.h + u.b_h;
    const Real h = sum <= Real(0) ? Real(0) : sum;
    return {.state = {.h = h}, .saved = {.h = h}};
  }

  HYSTERON_HD static Gradient<ElmanRelu> backward(Saved s, Unit, State, State grad) {
    const Real h = s.h == Real(0) ? Real(0) : grad.h;
    return {.input = {.h = h}, .recurrent = {.h = h}, .unit = {.b_h = h}, .state = {.h = Real(0)}};
  }
};

}  // namespace hysteron
