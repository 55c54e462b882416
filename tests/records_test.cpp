// One step of one unit, every value of every record compared with central differences. A deep transition gets 1 x 1
// matrices, so that the path through its second product is part of what is differentiated.
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include <hysteron/trajectory.hpp>

#include "every_cell.hpp"
#include "tests/cell_family.hpp"
#include "tests/central_difference.hpp"

namespace hysteron {

template <class F>
class EveryRecord : public testing::Test {};
TYPED_TEST_SUITE(EveryRecord, EveryCell<Families>, FamilyName);

TYPED_TEST(EveryRecord, GradientsAgreeWithCentralDifferences) {
  using C = typename TypeParam::template Of<double>;
  for (unsigned seed = 0; seed < 100; ++seed) {
    std::mt19937 random(seed);
    std::normal_distribution<double> normal;
    const auto draw = [&](int n) {
      std::vector<double> v(std::size_t(n) + 1);
      for (double& x : v) x = normal(random);
      return v;
    };
    const auto make = []<class Record>(std::type_identity<Record>, const std::vector<double>& v) {
      return load_lanes<Record, double>(v.data(), 1);
    };
    auto input = draw(lane_count<typename C::Input, double>),
         recurrent = draw(lane_count<typename C::Recurrent, double>), unit = draw(lane_count<typename C::Unit, double>),
         past = draw(lane_count<typename C::State, double>),
         weight = draw(deep_lanes<C>);  // for the second product
    const auto entering = draw(lane_count<typename C::State, double>);

    const auto x = [&] { return make(std::type_identity<typename C::Input>{}, input); };
    const auto a = [&] { return make(std::type_identity<typename C::Recurrent>{}, recurrent); };
    const auto u = [&] { return make(std::type_identity<typename C::Unit>{}, unit); };
    const auto s = [&] { return make(std::type_identity<typename C::State>{}, past); };
    IntermediateOf<C> i{};
    const auto step = [&] {
      DeepOf<C> d{};
      if constexpr (DeepTransition<C>) {
        i = C::forward_intermediate(x(), a(), u(), s());
        for_each_lane<double>(
            d, [&](int lane, double& value) { value = weight[std::size_t(lane)] * first_value<double>(i); });
      }
      return forward<C>(x(), a(), u(), s(), i, d);
    };
    const auto loss = [&] {
      double sum = 0;
      const auto out = step();
      for_each_lane<double>(out.state, [&](int lane, double value) { sum += value * entering[std::size_t(lane)]; });
      return sum;
    };

    const auto saved = step().saved;
    const auto grad = make(std::type_identity<typename C::State>{}, entering);
    DeepOf<C> d{};
    ThroughOf<C> through{};
    std::vector<double> weight_gradient(weight.size());
    if constexpr (DeepTransition<C>) {
      d = C::backward_deep(saved, u(), s(), grad, i);
      for_each_lane<double>(d, [&](int lane, double value) {
        through.value += weight[std::size_t(lane)] * value;
        weight_gradient[std::size_t(lane)] = value * first_value<double>(i);
      });
    }
    const auto out = backward<C>(saved, u(), s(), grad, i, d, through);
    const auto values = [](const auto& record, std::size_t size) {
      std::vector<double> v(size);
      for_each_lane<double>(record, [&](int lane, double value) { v[std::size_t(lane)] = value; });
      return v;
    };
    expect_central_difference("input", input, values(out.input, input.size()), loss);
    expect_central_difference("recurrent", recurrent, values(out.recurrent, recurrent.size()), loss);
    expect_central_difference("unit", unit, values(out.unit, unit.size()), loss);
    expect_central_difference("past", past, values(out.state, past.size()), loss);
    expect_central_difference("second weight", weight, weight_gradient, loss);
  }
}

}  // namespace hysteron
