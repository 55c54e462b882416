#pragma once
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <hysteron/cell.hpp>
#include <hysteron/lanes.hpp>

namespace hysteron {

/// A cell as the engine knows it at run time: how many values a unit has in each of its records, and its layout.
struct CellInfo {
  std::string_view name;
  int input, recurrent, deep, unit, state, saved, intermediate;  ///< lanes
  Layout layout;
  std::optional<LinearMemory> linear_memory = {};  ///< this and the following: for cells that have them (cell.hpp)
  std::optional<Candidate> candidate = {};
  std::optional<TimeGates> time_gates = {};
  std::string_view torch = {};

  int matrices() const { return recurrent + deep; }  ///< blocks of weight_hh; 0: a unit reads no other unit's past
  bool has_memory_matrix() const { return linear_memory && linear_memory->matrix >= 0; }
};

template <Cell C>
constexpr CellInfo describe() {
  using Real = typename C::Real;
  CellInfo cell{.name = C::name,
                .input = lane_count<typename C::Input, Real>,
                .recurrent = lane_count<typename C::Recurrent, Real>,
                .deep = lane_count<DeepOf<C>, Real>,
                .unit = lane_count<typename C::Unit, Real>,
                .state = lane_count<typename C::State, Real>,
                .saved = lane_count<typename C::Saved, Real>,
                .intermediate = lane_count<IntermediateOf<C>, Real>,
                .layout = C::layout};
  if constexpr (requires { C::linear_memory; }) cell.linear_memory = C::linear_memory;
  if constexpr (requires { C::candidate; }) cell.candidate = C::candidate;
  if constexpr (requires { C::time_gates; }) cell.time_gates = C::time_gates;
  if constexpr (requires { C::torch; }) cell.torch = C::torch;
  return cell;
}

/// Every cell that has a file in cells/, in alphabetical order; the build writes the list.
std::span<const CellInfo> every_cell();

/// Throws a usage error that names the nearest cell.
const CellInfo& cell_named(std::string_view name);

/// The cells for which `holds` is true, for messages and help texts: "lmn, lstm".
std::string cell_list(const std::function<bool(const CellInfo&)>& holds);

}  // namespace hysteron
