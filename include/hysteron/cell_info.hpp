#pragma once
#include <span>
#include <string_view>

#include <hysteron/cell.hpp>
#include <hysteron/lanes.hpp>

namespace hysteron {

/// A cell as the engine knows it at run time: how many values a unit has in each of its records, and its layout.
struct CellInfo {
  std::string_view name;
  int input, recurrent, deep, unit, state, saved, intermediate;  ///< lanes
  Layout layout;
};

template <Cell C>
constexpr CellInfo describe() {
  using Real = typename C::Real;
  return {.name = C::name,
          .input = lane_count<typename C::Input, Real>,
          .recurrent = lane_count<typename C::Recurrent, Real>,
          .deep = lane_count<DeepOf<C>, Real>,
          .unit = lane_count<typename C::Unit, Real>,
          .state = lane_count<typename C::State, Real>,
          .saved = lane_count<typename C::Saved, Real>,
          .intermediate = lane_count<IntermediateOf<C>, Real>,
          .layout = C::layout};
}

/// Every cell that has a file in cells/, in alphabetical order; the build writes the list.
std::span<const CellInfo> every_cell();

/// Throws a usage error that names the nearest cell.
const CellInfo& cell_named(std::string_view name);

}  // namespace hysteron
